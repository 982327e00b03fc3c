#pragma once

#include "backend/encryption/cipher.h"
#include "backend/protocol/params.h"

#include <optional>
#include <string>
#include <vector>

namespace assay::encryption {

/// Parameters of `encryption.explore`. All but the images are live.
struct ExploreParams
{
    protocol::DatasetRef dataset = {"fashion-mnist"};
    int count = 128;
    bool tint = true;
    std::optional<protocol::ModelRef> network = protocol::ModelRef{"emoji-cnn"};
    std::string scheme = "etc";
    int block = 4;
    bool permute = true;
    bool rotate = true;
    bool negative = true;
    bool channels = true;
    bool independentFlags = false;
    std::string ffxCipher = "ff1";
    int key = 1;
    std::string keyFile;
    bool ownKeys = false;
    int sample = -1;
    double blockX = 0.25;
    double blockY = 0.5;
};

template <class V>
void visitExploreImages(V& v, ExploreParams& p)
{
    v.field("dataset", p.dataset)
        .label("Images")
        .group("Images")
        .help("Test images are encrypted. Sides that no block divides are filled up with repeated pixels.");
    v.field("count", p.count)
        .label("Images")
        .unit("images")
        .range(64, 4096)
        .group("Images")
        .help("Drawn with the seed. The live view takes the first 64 of them.");
    v.field("tint", p.tint)
        .label("Give grey images colours")
        .group("Images")
        .help("Each grey image is laid into a frame up to the next multiple of 16 pixels and drawn in two "
              "random colours, since several schemes shuffle colours. Images in colour stay as they are.");
    v.field("network", p.network)
        .label("Network for the distance")
        .advanced()
        .group("Images")
        .help(
            "A classifier whose inner values say how different two images look to it; none: leave it empty.");
}

template <class V>
void visit(V& v, ExploreParams& p)
{
    visitExploreImages(v, p);
    v.field("scheme", p.scheme)
        .label("Scheme")
        .choices(schemeNames(),
                 {"EtC: blocks moved, turned, inverted, colours shuffled", "LE: nibbles of a block shuffled",
                  "ELE: LE with a key for every block", "PE: every pixel inverted or not, colours shuffled",
                  "SHF: values of a block shuffled", "NP: half of a block's values inverted",
                  "FFX: half of a block's values through a cipher"})
        .live()
        .group("Encryption")
        .help("What the key does to an image.");
    v.field("block", p.block)
        .label("Block M")
        .unit("pixels")
        .range(1, 64)
        .live()
        .group("Encryption")
        .help("Side of a block. PE has none.");
    v.field("permute", p.permute).label("Move blocks").live().group("Steps of EtC");
    v.field("rotate", p.rotate).label("Turn and mirror blocks").live().group("Steps of EtC");
    v.field("negative", p.negative).label("Invert blocks").live().group("Steps of EtC");
    v.field("channels", p.channels)
        .label("Shuffle colours")
        .live()
        .group("Steps of EtC")
        .help("Of every block; PE: of every pixel.");
    v.field("independent_flags", p.independentFlags)
        .label("Reversal bits of their own")
        .live()
        .advanced()
        .group("Encryption")
        .help("LE and ELE: instead of those that follow from the permutation, as in the published code.");
    v.field("ffx_cipher", p.ffxCipher)
        .label("Cipher of FFX")
        .choices({"ff1", "hmac"}, {"FF1 on AES (NIST SP 800-38G)", "HMAC-SHA1, as published"})
        .live()
        .advanced()
        .group("Encryption");
    v.field("key", p.key)
        .label("Key number")
        .range(0, 1000000)
        .live()
        .group("Key")
        .help("Keys of an experiment: whoever knows the seed and the number has the key. They are repeatable "
              "and protect nothing.");
    v.field("key_file", p.keyFile)
        .label("Key file")
        .live()
        .group("Key")
        .help("Path of a key of your own, made by 'assay-cli encrypt --new-key FILE'. Shown and kept is only "
              "its "
              "fingerprint.");
    v.field("own_keys", p.ownKeys)
        .label("A key for every image")
        .live()
        .group("Key")
        .help("Derived from the key and the image's number, instead of one key for all.");
    v.field("sample", p.sample)
        .label("Sample")
        .range(-1, 100000000)
        .live()
        .group("View")
        .help("Which test image lies on the scene and whose neighbouring pixels are scattered; the first "
              "when it is none of those of the run.");
    v.field("block_x", p.blockX)
        .label("Block looked at, across")
        .range(0, 1)
        .step(0.01)
        .live()
        .group("View")
        .help(
            "Which block is outlined: a point of the two pictures side by side, as a share of their width. "
            "It is set by dragging the frame; over the encrypted picture it shows where a block came from.");
    v.field("block_y", p.blockY).label("Block looked at, down").range(0, 1).step(0.01).live().group("View");
}

/// What the parameters say of the cipher.
CipherSpec cipherSpecOf(const ExploreParams& params);

} // namespace assay::encryption
