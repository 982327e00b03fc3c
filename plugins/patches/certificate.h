#pragma once

#include "plugins/patches/owner_key.h"
#include "plugins/patches/watermark.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assay::medlocker {

/// What a certificate says of one image.
struct CertifiedImage
{
    std::int64_t sample = 0;
    Placement placement;
    int side = 0;            ///< of the logo
    std::string original;    ///< SHA-256 of the pixels before, hex; see pixelHash()
    std::string watermarked; ///< and after
    QByteArray print;        ///< fingerprint() of the watermarked image
    QByteArray covered;      ///< the original pixels of the logo's box, or empty: lossless removal
};

/// The secret list that proves and undoes the watermarks of a set.
struct Certificate
{
    std::string dataset;       ///< name
    std::string datasetHash;   ///< SHA-256 of its files
    std::map<int, Logo> logos; ///< by side, as laid on
    std::vector<CertifiedImage> images;

    const CertifiedImage* byPixels(const std::string& hash) const;
    const CertifiedImage* bySample(std::int64_t sample) const;
    const Logo& logoOf(const CertifiedImage& image) const { return logos.at(image.side); }
};

/// SHA-256 over shape and bytes of uint8 [C,H,W], hex.
std::string pixelHash(const torch::Tensor& image);

/// Mean grey levels of 8 x 8 fields of the image: enough to tell pictures apart after compression.
QByteArray fingerprint(const torch::Tensor& image);

CertifiedImage certify(std::int64_t sample, const torch::Tensor& original, const torch::Tensor& watermarked,
                       const Logo& logo, const Placement& placement, bool lossless);

/// The file: JSON whose payload is encrypted and signed; see owner_key.h. Not the same bytes twice.
std::string sealedText(const Certificate& certificate, const QByteArray& secret, int iterations = kKeyRounds);

/// @throws Error for what is no certificate, for another key, and for a changed file.
Certificate openCertificate(const std::string& text, const QByteArray& secret, const std::string& where);

/// The original of a certified image: exact where the certificate holds the covered pixels, else restored().
torch::Tensor withoutWatermark(const Certificate& certificate, const CertifiedImage& image,
                               const torch::Tensor& watermarked);

enum class Verdict {
    Verified,   ///< pixel for pixel the certified image
    Recognised, ///< changed since, but picture and logo are there
    Moved,      ///< the logo lies elsewhere
    NoLogo,
    OtherPicture,
    Unknown, ///< no image of the certificate
};
const char* verdictName(Verdict verdict);

struct Finding
{
    Verdict verdict = Verdict::Unknown;
    const CertifiedImage* image = nullptr; ///< what it was compared with
    double correlation = 0;                ///< of the logo at its certified place
    std::string sentence;
    bool accepted() const { return verdict == Verdict::Verified || verdict == Verdict::Recognised; }
};

/// Normalised cross-correlation above which a logo counts as found.
inline constexpr double kLogoFound = 0.7;
/// Correlation of fingerprints above which two pictures count as the same.
inline constexpr double kSamePicture = 0.9;

/// Whether @p image (uint8 [C,H,W]) is a certified one. Found by its pixels; else @p sample says which one it
/// claims to be, and logo and picture are compared.
/// @param original the owner's image of that sample, of the same shape, or undefined. With it, or with the
/// covered pixels in the certificate, the logo is looked for in what differs from the original, which is far
/// surer than in the image itself.
Finding examine(const Certificate& certificate, const torch::Tensor& image,
                std::optional<std::int64_t> sample, const torch::Tensor& original = {});

/// Correlation, over the logo's box, of the image's grey levels with those of the logo blended over mid-grey:
/// -1 .. 1; 0 where one of them is constant.
double logoCorrelation(const torch::Tensor& image, const Logo& logo, const Placement& placement);

/// Correlation of what @p box changed of @p covered with what the logo changes of it. Both uint8 [C,s,s],
/// s the logo's side. 0 where nothing was changed.
double changeCorrelation(const torch::Tensor& box, const torch::Tensor& covered, const Logo& logo, int alpha);

} // namespace assay::medlocker
