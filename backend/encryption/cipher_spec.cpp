#include "backend/encryption/cipher_tables.h"
#include "backend/protocol/error.h"
#include "backend/protocol/nearest.h"
#include "backend/protocol/spec_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace assay::encryption {

namespace {

constexpr int kMostBlock = 256;
constexpr std::array<const char*, 2> kDigitCiphers = {"ff1", "hmac"};
constexpr double kCipherKeyBits = 256;

double log2Factorial(double n)
{
    return std::lgamma(n + 1) / std::numbers::ln2;
}

} // namespace

const std::vector<std::string>& schemeNames()
{
    static const std::vector<std::string> names = {"etc", "le", "ele", "pe", "shf", "np", "ffx"};
    return names;
}

const char* schemeName(Scheme scheme)
{
    return schemeNames()[static_cast<std::size_t>(scheme)].c_str();
}

Scheme schemeFromName(const std::string& name)
{
    const auto& names = schemeNames();
    const auto found = std::ranges::find(names, name);
    if (found == names.end())
        throw Error("there is no scheme '" + name + "'", "scheme", protocol::suggestion(name, names));
    return static_cast<Scheme>(found - names.begin());
}

Json toJson(const CipherSpec& s)
{
    return {{"scheme", schemeName(s.scheme)},
            {"block", s.block},
            {"permute", s.permute},
            {"rotate", s.rotate},
            {"negative", s.negative},
            {"channels", s.channels},
            {"independentFlags", s.independentFlags},
            {"ffxCipher", kDigitCiphers[static_cast<std::size_t>(s.ffxCipher)]}};
}

CipherSpec cipherFromJson(const Json& json, const std::string& where)
{
    protocol::SpecReader reader(json, where, "a cipher");
    CipherSpec s;
    std::string scheme = schemeName(s.scheme);
    reader.text("scheme", scheme);
    s.scheme = schemeFromName(scheme);
    std::int64_t block = s.block;
    reader.number("block", block);
    protocol::require(block >= 1 && block <= kMostBlock, "block", static_cast<double>(block), "from 1 to 256",
                      where);
    s.block = static_cast<int>(block);
    reader.flag("permute", s.permute);
    reader.flag("rotate", s.rotate);
    reader.flag("negative", s.negative);
    reader.flag("channels", s.channels);
    reader.flag("independentFlags", s.independentFlags);
    reader.choice("ffxCipher", s.ffxCipher, kDigitCiphers);
    reader.finish();
    return s;
}

std::string describe(const CipherSpec& s)
{
    static constexpr std::array<const char*, 7> kTitles = {"EtC", "LE", "ELE", "PE", "SHF", "NP", "FFX"};
    std::string text = kTitles[static_cast<std::size_t>(s.scheme)];
    if (s.scheme == Scheme::Pe)
        return s.channels ? text + " with channels shuffled" : text;
    text += ", blocks of " + std::to_string(s.block);
    if (s.scheme == Scheme::Etc) {
        std::string missing;
        const auto lacks = [&](bool step, const char* name) {
            if (!step)
                missing += (missing.empty() ? ", without " : ", ") + std::string(name);
        };
        lacks(s.permute, "permutation");
        lacks(s.rotate, "rotation");
        lacks(s.negative, "inversion");
        lacks(s.channels, "channel shuffling");
        text += missing;
    }
    if ((s.scheme == Scheme::Le || s.scheme == Scheme::Ele) && s.independentFlags)
        text += ", flags of their own";
    if (s.scheme == Scheme::Ffx && s.ffxCipher == DigitCipher::Hmac)
        text += ", HMAC";
    return text;
}

double keySpaceBits(const CipherSpec& spec, const ImageShape& shape)
{
    const auto pixels = static_cast<double>(shape.height * shape.width);
    const double values = pixels * static_cast<double>(shape.channels);
    const double length = static_cast<double>(spec.block) * spec.block * static_cast<double>(shape.channels);
    const double blocks = values / length;
    const double colours = spec.channels && shape.channels == 3 ? std::log2(6.0) : 0;
    const double nibbles = log2Factorial(2 * length) + (spec.independentFlags ? 2 * length : 0);
    const double half = std::floor(length / 2);
    const double balanced = log2Factorial(length) - log2Factorial(half) - log2Factorial(length - half);
    switch (spec.scheme) {
    case Scheme::Etc:
        return (spec.permute ? log2Factorial(blocks) : 0) +
               blocks * ((spec.rotate ? 3 : 0) + (spec.negative ? 1 : 0) + colours);
    case Scheme::Le:
        return nibbles;
    case Scheme::Ele:
        return blocks * nibbles + log2Factorial(blocks);
    case Scheme::Pe:
        return values + pixels * colours;
    case Scheme::Shf:
        return log2Factorial(length);
    case Scheme::Np:
        return balanced;
    case Scheme::Ffx:
        return balanced + kCipherKeyBits;
    }
    return 0;
}

} // namespace assay::encryption
