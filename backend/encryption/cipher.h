#pragma once

#include "backend/encryption/secret_key.h"
#include "backend/protocol/json.h"

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::encryption {

enum class Scheme {
    Etc, ///< encryption then compression: blocks moved, turned, inverted, channels shuffled. Kurihara et al.
         ///< 2015
    Le,  ///< learnable encryption: nibbles of a block shuffled, one key for all blocks. Tanaka 2018
    Ele, ///< a key of its own for every block, then the blocks shuffled. Madono et al. 2020
    Pe,  ///< pixel-based: values inverted, channels of a pixel shuffled. Sirichotedumrong et al. 2019
    Shf, ///< pixels of a block shuffled, one key for all blocks. MaungMaung and Kiya 2021
    Np,  ///< half of a block's values inverted. MaungMaung and Kiya 2021
    Ffx  ///< half of a block's values through a format-preserving cipher. MaungMaung and Kiya 2021
};

/// "etc", "le", "ele", "pe", "shf", "np", "ffx"; in the order of Scheme.
const std::vector<std::string>& schemeNames();
const char* schemeName(Scheme scheme);
/// @throws Error naming the known ones.
Scheme schemeFromName(const std::string& name);

/// The keyed bijection on 0 .. 999 of Ffx.
enum class DigitCipher {
    Ff1, ///< NIST SP 800-38G (2016), three digits, no tweak, AES-256; its revision asks for a million values
         ///< or more
    Hmac ///< the published code's: ten rounds of Feistel on digits with HMAC-SHA1
};

/// What is done to an image, the key apart. Every scheme reads its own fields and ignores the others.
struct CipherSpec
{
    Scheme scheme = Scheme::Etc;
    int block = 4; ///< M, the side of a block in pixels, 1 .. 256; Pe ignores it
    // Steps of Etc, in their order; Pe reads `channels` too.
    bool permute = true;  ///< positions of blocks
    bool rotate = true;   ///< one of 8 isometries for every block
    bool negative = true; ///< every second block on average inverted, p' = 255 - p
    bool channels = true; ///< one of 6 orders of R, G, B for every block (Pe: pixel); grey images have none
    bool independentFlags =
        false; ///< Le, Ele: reversal bits of their own instead of those of the permutation
    DigitCipher ffxCipher = DigitCipher::Ff1;

    bool operator==(const CipherSpec& other) const = default;
};

Json toJson(const CipherSpec& spec);
/// Absent keys keep their defaults. @throws Error naming the key that is unknown, of a wrong type or range.
CipherSpec cipherFromJson(const Json& json, const std::string& where);
/// "EtC, blocks of 4", "SHF, blocks of 4": for captions.
std::string describe(const CipherSpec& spec);

/// A scheme under one key, made ready for images of one size. Inside a block values are counted by row,
/// column, channel. Immutable; safe from any thread. Source: image-encryption specification; papers at
/// Scheme.
class Cipher
{
public:
    /// @param image an id, for a key of that image's own, derived from @p key (label ".img.<id>").
    /// @throws Error for sides that are no multiples of the block (padToBlocks() mends that), no channels,
    /// more than 2^28 values, or a number of the specification out of range.
    Cipher(CipherSpec spec, const SecretKey& key, std::int64_t channels, std::int64_t height,
           std::int64_t width, std::optional<std::int64_t> image = std::nullopt);
    ~Cipher();
    Cipher(Cipher&&) noexcept;
    Cipher& operator=(Cipher&&) noexcept;

    const CipherSpec& spec() const;
    /// @param images uint8 [n,C,H,W] on any device. @returns the same shape there: uint8, for Ffx int16 in
    /// [0,999]. @throws Error for another shape or type.
    torch::Tensor encrypt(const torch::Tensor& images) const;
    /// decrypt(encrypt(x)) is x to the bit, for every scheme. @param encrypted as encrypt() returns it;
    /// values of Ffx that stand for none of the 256 (another key made them) come out modulo 256.
    torch::Tensor decrypt(const torch::Tensor& encrypted) const;
    /// What a network is given: encrypt() of images in [0,1], float32, again in [0,1] (Ffx divided by its
    /// largest value, digitScale()). Values are rounded to 8 bits where a scheme needs whole numbers (Le,
    /// Ele, Ffx); Etc, Pe, Shf and Np move and invert them as they are. Gradients pass: exactly for Etc, Pe,
    /// Shf and Np; straight through (as if it were the identity, BPDA, Athalye et al. 2018) for the others.
    /// @param images float32 [n,C,H,W] on any device.
    torch::Tensor encryptUnit(const torch::Tensor& images) const;
    /// What encryptUnit() divides by: 255, for Ffx the largest value that its cipher gives any of 0 .. 255.
    double digitScale() const;

    /// Base-2 logarithm of the number of keys of the scheme on this size, before symmetries; of Ffx with a
    /// cipher key of 256 bits. The secret key itself may have fewer.
    double keySpaceBits() const;
    /// Where value i of the flattened encrypted image [C*H*W] came from, int64; only for schemes that move
    /// whole values (Etc, Pe, Shf, Np). @throws Error for the others.
    torch::Tensor sources() const;

private:
    struct Tables;
    std::unique_ptr<const Tables> m_tables;
};

/// A fresh key for every image, derived from @p key and the image's id (label ".img.<id>"): what schemes
/// without key management and attackers' training pairs need: image i by Cipher(spec, key, C, H, W, ids[i]).
/// Parallel over images.
/// @param images uint8 [n,C,H,W]; those of another device take a round trip, since keys are made on the host.
/// @param ids int64 [n]. @returns as Cipher::encrypt(), on the images' device.
torch::Tensor encryptEach(const CipherSpec& spec, const SecretKey& key, const torch::Tensor& images,
                          const torch::Tensor& ids);

/// Rows and columns repeated at the bottom and right until both sides are multiples of @p block; any dtype
/// [n,C,H,W]. The original size is cut out again after decryption.
torch::Tensor padToBlocks(const torch::Tensor& images, int block);

} // namespace assay::encryption
