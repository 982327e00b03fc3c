// Answers of TensorFlow.js for the pretrained networks of npm's @vladmandic/human, on a fixed pattern of pixels.
// Usage: node reference.mjs MODELS FOLDER, where TensorFlow.js is installed. Writes NAME.in, NAME.outN (float32) and
// index.json to FOLDER.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import fs from "node:fs";

const [models, folder] = process.argv.slice(2);
// Sizes that the files leave open, and the range of the pixels.
const networks = {
  antispoof: [128, 1], blazeface: [256, 1], centernet: [512, 255], emotion: [64, 1], facemesh: [192, 1],
  faceres: [224, 255], "handlandmark-lite": [224, 1], iris: [64, 1], liveness: [32, 1],
  "movenet-lightning": [192, 255],
};

const load = (name) => ({
  load: async () => {
    const json = JSON.parse(fs.readFileSync(`${models}/${name}.json`));
    const specs = json.weightsManifest.flatMap((group) => group.weights);
    const shards = json.weightsManifest.flatMap((group) => group.paths.map((p) => fs.readFileSync(`${models}/${p}`)));
    const all = Buffer.concat(shards);
    return {
      modelTopology: json.modelTopology, format: json.format, signature: json.signature, weightSpecs: specs,
      weightData: all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength),
    };
  },
});

const index = {};
for (const [name, [side, range]] of Object.entries(networks)) {
  const model = await loadGraphModel(load(name));
  const input = model.inputs[0];
  const shape = input.shape.map((size, i) => (size > 0 ? size : i === 0 ? 1 : side));
  const pixels = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < pixels.length; ++i) {
    const ramp = (Math.floor(i / shape[3]) % shape[2]) / shape[2];
    pixels[i] = Math.fround((((i * 7919) % 1009) / 1008 / 2 + ramp / 2) * range);
    if (input.dtype === "int32") pixels[i] = Math.round(pixels[i]);
  }
  fs.writeFileSync(`${folder}/${name}.in`, Buffer.from(pixels.buffer));
  const names = model.outputs.map((output) => output.name);
  const answers = [model.execute({ [input.name]: tf.tensor(pixels, shape, input.dtype) }, names)].flat();
  index[name] = { shape, input: input.name, outputs: {} };
  answers.forEach((answer, i) => {
    const file = `${name}.out${i}`;
    fs.writeFileSync(`${folder}/${file}`, Buffer.from(Float32Array.from(answer.dataSync()).buffer));
    index[name].outputs[names[i]] = { shape: answer.shape, file };
  });
}
fs.writeFileSync(`${folder}/index.json`, JSON.stringify(index));
