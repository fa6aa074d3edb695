"""What is asked, in scaled numbers: samples, goal, and what is promised between the samples."""
