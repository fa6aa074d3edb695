"""Where samples, models and jobs are kept: service and worker meet here."""
