// Draws faces with known attributes. Usage: node draw_faces.mjs PACKAGES STYLE COUNT
// PACKAGES holds a folder for each dicebear package (core, avataaars, ...). Writes one JSON object a line:
// {"svg": ..., "extra": attributes as drawn}. Every attribute is drawn independently of the others.
import { pathToFileURL } from "node:url";

const [folder, style, count] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${folder}/node_modules/@dicebear/${name}/lib/index.js`).href);

const options = {
  // Without "eyepatch", which is neither glasses nor none.
  avataaars: {
    accessories: ["kurt", "prescription01", "prescription02", "round", "sunglasses", "wayfarers"],
    accessoriesProbability: 50,
    facialHairProbability: 50,
  },
  adventurer: { glassesProbability: 50, features: ["mustache"], featuresProbability: 50 },
  micah: { glassesProbability: 50, facialHairProbability: 50 },
  lorelei: { glassesProbability: 50, beardProbability: 50 },
};

const { createAvatar } = await load("core");
const drawing = await load(style);
for (let i = 0; i < Number(count); ++i) {
  const face = createAvatar(drawing, { seed: `assay-${i}`, ...options[style] });
  process.stdout.write(JSON.stringify({ svg: face.toString(), extra: face.toJson().extra }) + "\n");
}
