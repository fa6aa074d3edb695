/** Code that uses a download: short, and as it runs. */

import { inShell, keyForCurl } from "../../shell.js";

/**
 * @typedef {object} Use
 * @property {object} model
 * @property {string} file what the download is called.
 * @property {string} at an x, as code has it.
 * @property {string} name of the C function.
 * @property {string} arithmetic of C: float or fixed.
 */

const double = ({ model }) => model.architecture.dtype === "float64";

/** Of a network, by its format. @type {Object<string, (use: Use) => string>} */
export const NETWORK = {
  json: ({ file, at }) => `import json, numpy as np
*hidden, last = json.load(open("${file}"))["layers"]
h = np.array([${at}])
for layer in hidden:
    h = np.maximum(np.array(layer["weight"]) @ h + layer["bias"], 0)
y = np.array(last["weight"]) @ h + last["bias"]
print(y)`,
  onnx: (use) => `import numpy as np, onnxruntime
session = onnxruntime.InferenceSession("${use.file}")
x = np.array([[${use.at}]], dtype=np.${use.model.architecture.dtype})
print(session.run(["y"], {"x": x})[0])`,
  safetensors: (use) => `import torch
from safetensors.torch import load_file
from torch.nn import Linear, ReLU, Sequential
network = Sequential(${sequence(use.model.architecture.layer_widths)})${double(use) ? ".double()" : ""}
network.load_state_dict(load_file("${use.file}"))
print(network(${tensor(use)}))`,
  pt2: (use) => `import torch
network = torch.export.load("${use.file}").module()
print(network(${tensor(use)}))`,
  c: (use) => c(use),
};

/** Of a breakpoint table. @type {Object<string, (use: Use) => string>} */
export const TABLE = {
  json: ({ file, at }) => `import json, numpy as np
table = json.load(open("${file}"))
print(np.interp(${at}, table["x"], table["y"]))`,
  csv: ({ file, at }) => `import numpy as np
table = np.genfromtxt("${file}", delimiter=",", names=True)
print(np.interp(${at}, table["x"], table["y"]))`,
  npy: ({ file, at }) => `import numpy as np
table = np.load("${file}")
print(np.interp(${at}, table["x"], table["y"]))`,
  c: (use) => c(use),
};

/** The same file from a shell. */
export const curl = (address, file) => ["curl -fo", inShell(file), ...keyForCurl(), inShell(address)].join(" ");

function c(use) {
  const { file, name, at, arithmetic } = use;
  const head = `/* unzip ${inShell(file)} && cc -std=c99 main.c ${inShell(`${name}.c`)} -lm && ./a.out */
#include <stdio.h>`;
  if (arithmetic === "fixed") {
    return `${head}
#include <math.h>
#include "${name}.h"
int main(void) {
    int16_t x = (int16_t)lround(ldexp(${at}, ${name.toUpperCase()}_X_BITS));
    printf("%.9g\\n", ldexp(${name}(x), -${name.toUpperCase()}_Y_BITS));
}`;
  }
  return `${head}
#include "${name}.h"
int main(void) {
    printf("%.${double(use) ? 17 : 9}g\\n", ${name}(${literal(use)}));
}`;
}

const literal = (use) => `${/[.e]/.test(use.at) ? use.at : `${use.at}.0`}${double(use) ? "" : "f"}`;

const tensor = (use) => `torch.tensor([[${use.at}]], dtype=torch.${use.model.architecture.dtype})`;

/** Linear and ReLU, as a Sequential has them. */
function sequence(widths) {
  const linear = widths.slice(1).map((width, i) => `Linear(${widths[i]}, ${width})`);
  return linear.join(", ReLU(), ");
}
