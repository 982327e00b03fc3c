#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace assay::encryption {

// What gets an image back without the key. Images are uint8 [n,C,H,W] on the CPU unless said otherwise.

/// The feature reconstruction attack, basic form (Chang and Li 2020, arXiv 2004.13263): min(p, 255 - p) of
/// every value, which undoes inverted values up to their sign without any key.
/// @param encrypted uint8, any shape and device. @returns uint8 of that shape, at most 127.
torch::Tensor foldValues(const torch::Tensor& encrypted);

/// The advanced form, against PE: pixels are scanned in rows, and each takes that of its 48 candidates (6
/// orders of its channels, 8 ways of inverting them; one channel: 2) which differs least from its decoded
/// left neighbour, in the first column from the one above. Ties go to the first candidate.
/// @param seeds uint8 [n,C]: the plain pixel in the upper left corner of each image, which the attacker
/// knows.
torch::Tensor followNeighbours(const torch::Tensor& encrypted, const torch::Tensor& seeds);

/// Encrypts images of the attacker's choice under the key that is attacked: uint8 [m,C,H,W] in, as
/// Cipher::encrypt() out.
using EncryptionOracle = std::function<torch::Tensor(const torch::Tensor&)>;

struct ChosenPlaintext
{
    torch::Tensor decrypted;  ///< uint8 [n,C,H,W]
    std::int64_t queries = 0; ///< images that were encrypted for the attacker
};

/// Same-key PE in one query: of an image of constant pixels (1, 2, 3), values above 127 were inverted, and
/// the values say where each channel went.
ChosenPlaintext askConstant(const EncryptionOracle& oracle, const torch::Tensor& encrypted);

/// Any scheme that moves and inverts values or nibbles, the same way in all images (all but FFX): one query
/// of zeros tells what is inverted, and the number of every nibble, written over further images in base 16,
/// tells where each came from. Exact after 1 + ceil(log16(2CHW)) queries.
ChosenPlaintext askNibbles(const EncryptionOracle& oracle, const torch::Tensor& encrypted);

/// Any scheme that replaces each value on its own place (FFX): 256 queries of constant images list what every
/// value becomes at every place. @param encrypted int16 or uint8.
ChosenPlaintext askCodebook(const EncryptionOracle& oracle, const torch::Tensor& encrypted);

} // namespace assay::encryption
