#include "plugins/patches/certificate.h"

#include "backend/engine/files.h"
#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"
#include "backend/protocol/json.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace assay::medlocker {

namespace {

constexpr int kFormat = 1;
constexpr int kPrintSide = 8;
constexpr int kMostRounds = 100000000;
constexpr int kMostSide = 16384;
constexpr float kMidGrey = 128;
constexpr const char* kKdf = "PBKDF2-HMAC-SHA256";
constexpr const char* kCipher = "AES-256-CTR";

std::string base64(const QByteArray& bytes)
{
    return bytes.toBase64().toStdString();
}

template <class Bytes>
std::string base64Of(const Bytes& bytes)
{
    return base64(
        QByteArray(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size())));
}

QByteArray fromBase64(const Json& json)
{
    return QByteArray::fromBase64(QByteArray::fromStdString(json.get<std::string>()));
}

std::vector<std::uint8_t> bytesFrom(const Json& json)
{
    const QByteArray bytes = fromBase64(json);
    return {bytes.begin(), bytes.end()};
}

Json entryJson(const CertifiedImage& image)
{
    Json json = {{"sample", image.sample},
                 {"alpha", image.placement.alpha},
                 {"u", image.placement.u},
                 {"v", image.placement.v},
                 {"side", image.side},
                 {"original_sha256", image.original},
                 {"watermarked_sha256", image.watermarked},
                 {"print", base64(image.print)}};
    if (!image.covered.isEmpty())
        json["covered"] = base64(image.covered);
    return json;
}

CertifiedImage entryFrom(const Json& json)
{
    CertifiedImage image{.sample = json.at("sample"),
                         .placement = {.alpha = json.at("alpha"), .u = json.at("u"), .v = json.at("v")},
                         .side = json.at("side"),
                         .original = json.at("original_sha256"),
                         .watermarked = json.at("watermarked_sha256"),
                         .print = fromBase64(json.at("print"))};
    if (json.contains("covered"))
        image.covered = fromBase64(json.at("covered"));
    return image;
}

Json toPayload(const Certificate& certificate)
{
    Json logos = Json::array(), images = Json::array();
    for (const auto& [side, logo] : certificate.logos)
        logos.push_back({{"side", side},
                         {"sha256", logoHash(logo)},
                         {"opacity", logo.byGrey ? "grey" : "alpha"},
                         {"colour", base64Of(logo.colour)},
                         {"cover", base64Of(logo.cover)}});
    for (const CertifiedImage& image : certificate.images)
        images.push_back(entryJson(image));
    return {{"dataset", certificate.dataset},
            {"dataset_sha256", certificate.datasetHash},
            {"logos", std::move(logos)},
            {"images", std::move(images)}};
}

Certificate fromPayload(const Json& json, const std::string& where)
{
    Certificate c{.dataset = json.at("dataset"), .datasetHash = json.at("dataset_sha256")};
    for (const Json& item : json.at("logos")) {
        Logo logo{.side = item.at("side"),
                  .colour = bytesFrom(item.at("colour")),
                  .cover = bytesFrom(item.at("cover")),
                  .byGrey = item.at("opacity") == "grey"};
        if (logo.side < kLeastSide || logo.side > kMostSide || logo.cover.size() != logo.pixels() ||
            logo.colour.size() != 3 * logo.pixels() || logoHash(logo) != item.at("sha256").get<std::string>())
            throw Error("the logo in the certificate is damaged", where);
        c.logos[logo.side] = std::move(logo);
    }
    for (const Json& item : json.at("images")) {
        c.images.push_back(entryFrom(item));
        if (!c.logos.contains(c.images.back().side))
            throw Error("the certificate lacks the logo of sample " + std::to_string(c.images.back().sample),
                        where);
    }
    return c;
}

/// float32 [H,W]: levels of grey.
torch::Tensor greyOf(const torch::Tensor& image)
{
    const torch::Tensor levels = image.to(torch::kFloat32);
    if (levels.size(0) == 3)
        return (0.299F * levels[0] + 0.587F * levels[1] + 0.114F * levels[2]).contiguous();
    return levels.mean(0).contiguous();
}

/// What a logo looks like over mid-grey.
std::vector<double> templateOf(const Logo& logo, int alpha)
{
    std::vector<double> levels(logo.pixels());
    for (std::size_t p = 0; p < logo.pixels(); ++p) {
        const std::uint8_t* rgb = logo.colour.data() + 3 * p;
        const double a = logo.opacity(p, alpha);
        levels[p] = a * (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) + (1 - a) * kMidGrey;
    }
    return levels;
}

double correlationAt(const torch::Tensor& grey, const std::vector<double>& expected, int side, int u, int v)
{
    const float* in = grey.data_ptr<float>();
    const std::int64_t width = grey.size(1);
    std::vector<double> seen;
    seen.reserve(expected.size());
    for (int row = v; row < v + side; ++row)
        for (int column = u; column < u + side; ++column)
            seen.push_back(in[row * width + column]);
    const double r = metrics::pearson(seen, expected);
    return std::isnan(r) ? 0 : r;
}

bool fitsInside(const torch::Tensor& image, const CertifiedImage& certified)
{
    const Placement& at = certified.placement;
    return at.u >= 0 && at.v >= 0 && at.u + certified.side <= image.size(2) &&
           at.v + certified.side <= image.size(1);
}

/// Where the logo correlates best, and how well.
std::pair<Placement, double> strongestPlace(const torch::Tensor& image, const Logo& logo, int alpha)
{
    const torch::Tensor grey = greyOf(image);
    const std::vector<double> expected = templateOf(logo, alpha);
    std::pair<Placement, double> best{{}, -1};
    for (int v = 0; v + logo.side <= image.size(1); ++v) {
        for (int u = 0; u + logo.side <= image.size(2); ++u) {
            const double r = correlationAt(grey, expected, logo.side, u, v);
            if (r > best.second)
                best = {{.alpha = alpha, .u = u, .v = v}, r};
        }
    }
    return best;
}

double printCorrelation(const QByteArray& a, const QByteArray& b)
{
    if (a.size() != b.size())
        return 0;
    const auto levels = [](const QByteArray& bytes) {
        std::vector<double> values;
        for (const char c : bytes)
            values.push_back(static_cast<std::uint8_t>(c));
        return values;
    };
    const double r = metrics::pearson(levels(a), levels(b));
    return std::isnan(r) ? (a == b ? 1 : 0) : r;
}

std::string placeText(const Placement& p)
{
    return "column " + std::to_string(p.u) + ", row " + std::to_string(p.v);
}

std::string correlationText(double r)
{
    return "correlation " + std::to_string(std::round(r * 100) / 100).substr(0, r < 0 ? 5 : 4);
}

torch::Tensor boxOf(const torch::Tensor& image, const CertifiedImage& certified)
{
    return image.narrow(1, certified.placement.v, certified.side)
        .narrow(2, certified.placement.u, certified.side)
        .contiguous();
}

/// uint8 [C,s,s] of a certificate's bytes.
torch::Tensor coveredBox(const CertifiedImage& certified, std::int64_t channels)
{
    const std::int64_t side = certified.side;
    if (certified.covered.size() != channels * side * side)
        throw Error("the covered pixels of sample " + std::to_string(certified.sample) +
                    " do not fit an image of " + std::to_string(channels) + " channels");
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(certified.covered.constData());
    return torch::tensor(at::ArrayRef<std::uint8_t>(bytes, static_cast<std::size_t>(channels * side * side)),
                         torch::kUInt8)
        .view({channels, side, side});
}

double correlationWith(const Certificate& certificate, const CertifiedImage& certified,
                       const torch::Tensor& image, const torch::Tensor& original)
{
    const Logo& logo = certificate.logoOf(certified);
    torch::Tensor covered;
    if (original.defined() && original.sizes().equals(image.sizes()))
        covered = boxOf(original, certified);
    else if (!certified.covered.isEmpty())
        covered = coveredBox(certified, image.size(0));
    return covered.defined()
               ? changeCorrelation(boxOf(image, certified), covered, logo, certified.placement.alpha)
               : logoCorrelation(image, logo, certified.placement);
}

/// Of an image whose pixels are not certified but that claims to be @p certified.
Finding compare(const Certificate& certificate, const CertifiedImage& certified, const torch::Tensor& image,
                const torch::Tensor& original)
{
    const std::string who = "sample " + std::to_string(certified.sample);
    Finding f{.image = &certified};
    if (!fitsInside(image, certified)) {
        f.sentence = "The image is smaller than " + who + " of the certificate.";
        return f;
    }
    const Logo& logo = certificate.logoOf(certified);
    f.correlation = correlationWith(certificate, certified, image, original);
    const bool samePicture = printCorrelation(fingerprint(image), certified.print) > kSamePicture;
    if (f.correlation > kLogoFound) {
        f.verdict = samePicture ? Verdict::Recognised : Verdict::OtherPicture;
        f.sentence = "The logo lies at " + placeText(certified.placement) + " (" +
                     correlationText(f.correlation) +
                     (samePicture ? "): " + who + " of the certificate, changed since."
                                  : "), but the picture is not " + who + " of the certificate.");
        return f;
    }
    const auto [place, r] = strongestPlace(image, logo, certified.placement.alpha);
    f.verdict = r > kLogoFound ? Verdict::Moved : Verdict::NoLogo;
    f.sentence = r > kLogoFound ? "The logo lies at " + placeText(place) + ", not at the certified " +
                                      placeText(certified.placement) + " of " + who + "."
                                : "There is no logo at " + placeText(certified.placement) + ", where " + who +
                                      " of the certificate has it (" + correlationText(f.correlation) + ").";
    return f;
}

} // namespace

const CertifiedImage* Certificate::byPixels(const std::string& hash) const
{
    const auto found = std::ranges::find(images, hash, &CertifiedImage::watermarked);
    return found == images.end() ? nullptr : &*found;
}

const CertifiedImage* Certificate::bySample(std::int64_t sample) const
{
    const auto found = std::ranges::find(images, sample, &CertifiedImage::sample);
    return found == images.end() ? nullptr : &*found;
}

std::string pixelHash(const torch::Tensor& image)
{
    const torch::Tensor bytes = image.contiguous();
    std::string text = std::to_string(image.size(0)) + 'x' + std::to_string(image.size(1)) + 'x' +
                       std::to_string(image.size(2)) + '\n';
    text.append(reinterpret_cast<const char*>(bytes.data_ptr<std::uint8_t>()),
                static_cast<std::size_t>(bytes.numel()));
    return engine::sha256(text);
}

QByteArray fingerprint(const torch::Tensor& image)
{
    const torch::Tensor grey = greyOf(image);
    const std::int64_t height = grey.size(0), width = grey.size(1);
    QByteArray print;
    for (std::int64_t row = 0; row < kPrintSide; ++row) {
        for (std::int64_t column = 0; column < kPrintSide; ++column) {
            const auto from = [](std::int64_t k, std::int64_t length) { return k * length / kPrintSide; };
            const std::int64_t top = from(row, height), left = from(column, width);
            const std::int64_t h = std::max<std::int64_t>(1, from(row + 1, height) - top);
            const std::int64_t w = std::max<std::int64_t>(1, from(column + 1, width) - left);
            const float level = grey.narrow(0, top, h).narrow(1, left, w).mean().item<float>();
            print.append(static_cast<char>(static_cast<std::uint8_t>(std::lround(level))));
        }
    }
    return print;
}

CertifiedImage certify(std::int64_t sample, const torch::Tensor& original, const torch::Tensor& watermarked,
                       const Logo& logo, const Placement& placement, bool lossless)
{
    CertifiedImage image{.sample = sample,
                         .placement = placement,
                         .side = logo.side,
                         .original = pixelHash(original),
                         .watermarked = pixelHash(watermarked),
                         .print = fingerprint(watermarked)};
    if (lossless) {
        const torch::Tensor box =
            original.narrow(1, placement.v, logo.side).narrow(2, placement.u, logo.side).contiguous();
        image.covered = QByteArray(reinterpret_cast<const char*>(box.data_ptr<std::uint8_t>()),
                                   static_cast<qsizetype>(box.numel()));
    }
    return image;
}

std::string sealedText(const Certificate& certificate, const QByteArray& secret, int iterations)
{
    const Sealed s = seal(QByteArray::fromStdString(toPayload(certificate).dump()), secret, iterations);
    const Json json = {{"assay_certificate", kFormat},
                       {"study", "patches.medlocker"},
                       {"kdf", kKdf},
                       {"iterations", s.iterations},
                       {"salt", base64(s.salt)},
                       {"cipher", kCipher},
                       {"iv", base64(s.iv)},
                       {"key_check", s.keyCheck.toHex().toStdString()},
                       {"payload", base64(s.payload)},
                       {"hmac_sha256", s.hmac.toHex().toStdString()}};
    return json.dump(2) + '\n';
}

Certificate openCertificate(const std::string& text, const QByteArray& secret, const std::string& where)
{
    Sealed s;
    try {
        const Json json = Json::parse(text);
        if (json.at("assay_certificate") != kFormat || json.at("kdf") != kKdf || json.at("cipher") != kCipher)
            throw Error("the certificate is of another kind or version than this program knows", where,
                        "It takes version 1 with PBKDF2-HMAC-SHA256 and AES-256-CTR.");
        const auto hex = [&json](const char* key) {
            return QByteArray::fromHex(QByteArray::fromStdString(json.at(key).get<std::string>()));
        };
        s = {.iterations = json.at("iterations"),
             .salt = fromBase64(json.at("salt")),
             .iv = fromBase64(json.at("iv")),
             .keyCheck = hex("key_check"),
             .payload = fromBase64(json.at("payload")),
             .hmac = hex("hmac_sha256")};
    } catch (const Json::exception&) {
        throw Error("this is no certificate", where, "Give the certificate.json of a run.");
    }
    constexpr qsizetype kBlock = 16;
    if (s.iterations < 1 || s.iterations > kMostRounds || s.salt.size() != kBlock || s.iv.size() != kBlock)
        throw Error("the certificate was changed after it was signed", where,
                    "Use the file as patches.medlocker wrote it.");
    const QByteArray payload = unseal(s, secret, where);
    try {
        return fromPayload(Json::parse(payload.toStdString()), where);
    } catch (const Json::exception& e) {
        throw Error(std::string("what the certificate holds cannot be read: ") + e.what(), where);
    }
}

torch::Tensor withoutWatermark(const Certificate& certificate, const CertifiedImage& image,
                               const torch::Tensor& watermarked)
{
    if (image.covered.isEmpty())
        return restored(watermarked, certificate.logoOf(image), image.placement);
    torch::Tensor whole = watermarked.clone();
    whole.narrow(1, image.placement.v, image.side)
        .narrow(2, image.placement.u, image.side)
        .copy_(coveredBox(image, watermarked.size(0)));
    return whole;
}

const char* verdictName(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Verified:
        return "verified";
    case Verdict::Recognised:
        return "recognised";
    case Verdict::Moved:
        return "logo moved";
    case Verdict::NoLogo:
        return "no logo";
    case Verdict::OtherPicture:
        return "other picture";
    case Verdict::Unknown:
        return "unknown";
    }
    return "";
}

double logoCorrelation(const torch::Tensor& image, const Logo& logo, const Placement& placement)
{
    return correlationAt(greyOf(image), templateOf(logo, placement.alpha), logo.side, placement.u,
                         placement.v);
}

double changeCorrelation(const torch::Tensor& box, const torch::Tensor& covered, const Logo& logo, int alpha)
{
    const torch::Tensor before = greyOf(covered);
    const torch::Tensor expected = greyOf(watermarked(covered, logo, {.alpha = alpha})) - before;
    const torch::Tensor seen = greyOf(box) - before;
    const auto values = [](const torch::Tensor& levels) {
        const torch::Tensor wide = levels.to(torch::kFloat64).contiguous();
        return std::vector<double>(wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel());
    };
    const double r = metrics::pearson(values(seen), values(expected));
    return std::isnan(r) ? 0 : r;
}

Finding examine(const Certificate& certificate, const torch::Tensor& image,
                std::optional<std::int64_t> sample, const torch::Tensor& original)
{
    if (const CertifiedImage* same = certificate.byPixels(pixelHash(image)); same && fitsInside(image, *same))
        return {.verdict = Verdict::Verified,
                .image = same,
                .correlation = correlationWith(certificate, *same, image, original),
                .sentence =
                    "Pixel for pixel sample " + std::to_string(same->sample) + " of the certificate."};
    if (const CertifiedImage* claimed = sample ? certificate.bySample(*sample) : nullptr)
        return compare(certificate, *claimed, image, original);
    return {.sentence = sample ? "The certificate has no sample " + std::to_string(*sample) + "."
                               : "The image is none of the certificate."};
}

} // namespace assay::medlocker
