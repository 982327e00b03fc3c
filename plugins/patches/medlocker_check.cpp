#include "plugins/patches/medlocker_check.h"

#include "backend/arrays/npy_write.h"
#include "backend/engine/files.h"
#include "backend/engine/reporting/image_planes.h"
#include "backend/engine/reporting/table_rows.h"
#include "backend/metrics/image_similarity.h"
#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"
#include "plugins/patches/certificate.h"
#include "plugins/patches/certified_images.h"

#include <QTemporaryDir>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::medlocker {

namespace {

using namespace reporting;

constexpr std::uint64_t kMostCertificateBytes = std::uint64_t(1) << 30;
constexpr std::uint64_t kMostRestoredBytes = std::uint64_t(4) << 30;

/// Parameters of `patches.medlocker-check`.
struct CheckParams
{
    std::string certificate;
    std::string images;
    std::string keyFile;
    std::optional<protocol::DatasetRef> originals;
    bool remove = true;
};

template <class V>
void visit(V& v, CheckParams& p)
{
    v.field("certificate", p.certificate)
        .label("Certificate")
        .help("certificate.json, in the artifacts of a run of patches.medlocker.");
    v.field("images", p.images)
        .label("Images")
        .help("watermarked.npz of such a run, or a folder of pictures. Pictures whose names are numbers are "
              "taken for those samples.");
    v.field("key_file", p.keyFile)
        .label("Key file")
        .help(
            "The owner's key. Empty takes the file that the environment variable ASSAY_OWNER_KEY names, else "
            "owner.key in the configuration folder.");
    v.field("originals", p.originals)
        .label("Originals")
        .help("The data set the images come from: then logos are looked for in what differs from its "
              "test split, and restored images are compared with it.");
    v.field("remove", p.remove)
        .label("Remove the logos")
        .help("Of images that are accepted. Writes restored.npz.");
}

struct RestoredImage
{
    std::size_t which = 0; ///< of the checked images
    torch::Tensor pixels;  ///< uint8 [C,H,W]
    double decibel = std::numeric_limits<double>::quiet_NaN();
};

class CheckRun
{
public:
    CheckRun(engine::RunContext& context, CheckParams params)
        : m_context(context)
        , m_params(std::move(params))
    {}

    void execute()
    {
        if (m_params.certificate.empty())
            throw Error("no certificate was given", "certificate", "Give the certificate.json of a run.");
        const OwnerKey key = ownerKey(m_params.keyFile);
        m_certificate = openCertificate(engine::readFile(m_params.certificate, kMostCertificateBytes),
                                        key.secret, m_params.certificate);
        m_context.log("The certificate is genuine: " + std::to_string(m_certificate.images.size()) +
                      " images of data set '" + m_certificate.dataset + "'.");
        m_context.table(contentTable());
        m_images = readCheckedImages(m_params.images);
        if (m_params.originals)
            m_originals = m_context.dataset(*m_params.originals);
        for (std::size_t i = 0; i < m_images.size(); ++i) {
            m_context.checkpoint();
            m_context.progress(static_cast<double>(i), static_cast<double>(m_images.size()), "Images");
            m_findings.push_back(examine(m_certificate, m_images[i].pixels, m_images[i].sample,
                                         originalOf(m_images[i].sample)));
        }
        m_context.table(verdictTable());
        if (m_params.remove)
            removeLogos();
        emitMetrics();
    }

private:
    protocol::Table contentTable() const
    {
        protocol::Table t{.name = "certificate",
                          .title = "What the certificate says",
                          .caption = "u and v are column and row of the logo's upper left corner.",
                          .section = "Certificate"};
        t.columns = {numberColumn("sample", "Sample", 0),
                     numberColumn("alpha", "Opacity", 3),
                     numberColumn("u", "u", 0, "pixels"),
                     numberColumn("v", "v", 0, "pixels"),
                     numberColumn("side", "Side", 0, "pixels"),
                     textColumn("original_sha256", "SHA-256 of the original's pixels"),
                     textColumn("watermarked_sha256", "SHA-256 of the watermarked pixels")};
        for (const CertifiedImage& image : m_certificate.images) {
            TableRow(t) << static_cast<double>(image.sample) << image.placement.alpha / 255.0
                        << static_cast<double>(image.placement.u) << static_cast<double>(image.placement.v)
                        << static_cast<double>(image.side) << image.original << image.watermarked;
            t.samples.add({image.sample});
        }
        return t;
    }

    protocol::Table verdictTable() const
    {
        protocol::Table t{.name = "verdicts",
                          .title = "Whose images are these?",
                          .caption =
                              "verified: pixel for pixel. recognised: changed since, but logo (normalised "
                              "cross-correlation above 0.7 at its place) and picture are there. All "
                              "other verdicts refuse.",
                          .section = "Verdicts"};
        t.columns = {textColumn("image", "Image"), textColumn("verdict", "Verdict"),
                     textColumn("accepted", "Accepted"), numberColumn("correlation", "Correlation", 3),
                     textColumn("finding", "Finding")};
        for (std::size_t i = 0; i < m_images.size(); ++i) {
            const Finding& f = m_findings[i];
            TableRow(t) << m_images[i].name << std::string(verdictName(f.verdict))
                        << std::string(f.accepted() ? "yes" : "no") << f.correlation << f.sentence;
        }
        return t;
    }

    /// The owner's image of a sample, where one can be had.
    torch::Tensor originalOf(std::optional<std::int64_t> sample) const
    {
        if (!m_originals || !sample || *sample < 0 || *sample >= m_originals->size(data::Split::Test))
            return {};
        return m_originals->pixelsOf(data::Split::Test, torch::tensor({*sample}, torch::kInt64))[0];
    }

    void removeLogos()
    {
        for (std::size_t i = 0; i < m_images.size(); ++i) {
            const Finding& f = m_findings[i];
            if (!f.accepted())
                continue;
            RestoredImage made{.which = i,
                               .pixels = withoutWatermark(m_certificate, *f.image, m_images[i].pixels)};
            if (m_originals)
                made.decibel = compared(*m_originals, *f.image, made.pixels);
            m_restored.push_back(std::move(made));
        }
        if (m_restored.empty()) {
            m_context.log("No image was accepted, so no logo was removed.", protocol::LogLevel::Warning);
            return;
        }
        emitRestored();
    }

    static double compared(const data::Dataset& originals, const CertifiedImage& image,
                           const torch::Tensor& pixels)
    {
        if (image.sample < 0 || image.sample >= originals.size(data::Split::Test))
            throw Error("data set '" + originals.info().name + "' has no sample " +
                            std::to_string(image.sample),
                        "originals", "Choose the data set that the certificate names.");
        const torch::Tensor clean =
            originals.pixelsOf(data::Split::Test, torch::tensor({image.sample}, torch::kInt64))[0];
        if (pixelHash(clean) != image.original)
            throw Error("sample " + std::to_string(image.sample) + " of data set '" + originals.info().name +
                            "' is not the original that the certificate was made of",
                        "originals", "Choose the data set that the certificate names.");
        const auto unit = [](const torch::Tensor& levels) {
            return levels.to(torch::kFloat64).unsqueeze(0) / 255;
        };
        return metrics::psnr(unit(pixels), unit(clean)).item<double>();
    }

    void emitRestored()
    {
        std::vector<torch::Tensor> before, after;
        std::vector<std::int64_t> ids;
        const torch::Tensor& first = m_restored.front().pixels;
        for (const RestoredImage& r : m_restored) {
            if (!r.pixels.sizes().equals(first.sizes()))
                throw Error("the accepted images have different sizes", m_params.images,
                            "Check images of one size at a time.");
            before.push_back(m_images[r.which].pixels);
            after.push_back(r.pixels);
            ids.push_back(m_findings[r.which].image->sample);
        }
        const torch::Tensor restoredSet = torch::stack(after), idTensor = torch::tensor(ids, torch::kInt64);
        const QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath("restored.npz").toStdString();
        arrays::writeNpz(file, {{"images", restoredSet}, {"ids", idTensor}}, arrays::Packing::Deflated);
        m_context.file("restored.npz", engine::readFile(file, kMostRestoredBytes));
        protocol::ImageGrid grid{.name = "restored", .title = "Logos removed", .section = "Images"};
        const auto shown = static_cast<std::int64_t>(std::min<std::size_t>(
            m_restored.size(),
            std::min<std::size_t>(200, imagesThatFit(first.size(0), first.size(1), first.size(2), 3))));
        const auto plane = [shown](const torch::Tensor& images) {
            return images.narrow(0, 0, shown).to(torch::kFloat32).div(255.0);
        };
        const torch::Tensor with = plane(torch::stack(before)), without = plane(restoredSet);
        fillPlanes(grid, idTensor.narrow(0, 0, shown),
                   {{"with the logo", with},
                    {"removed", without},
                    {"difference ×10", amplifiedDifference(without, with)}});
        m_context.images(grid);
    }

    void emitMetrics()
    {
        const auto accepted = std::ranges::count_if(m_findings, &Finding::accepted);
        const auto verified = std::ranges::count(m_findings, Verdict::Verified, &Finding::verdict);
        m_context.metric({.name = "images", .value = static_cast<double>(m_images.size())});
        m_context.metric({.name = "accepted", .value = static_cast<double>(accepted)});
        m_context.metric({.name = "verified", .value = static_cast<double>(verified)});
        std::vector<double> decibels;
        for (const RestoredImage& r : m_restored)
            if (std::isfinite(r.decibel))
                decibels.push_back(r.decibel);
        const auto exact =
            std::ranges::count_if(m_restored, [](const RestoredImage& r) { return std::isinf(r.decibel); });
        if (m_params.originals && m_params.remove)
            m_context.metric({.name = "restored.exactly", .value = static_cast<double>(exact)});
        if (decibels.empty())
            return;
        m_context.metric({.name = "psnr.mean", .value = metrics::mean(decibels), .unit = "dB"});
        m_context.metric({.name = "psnr.min", .value = std::ranges::min(decibels), .unit = "dB"});
    }

    engine::RunContext& m_context;
    CheckParams m_params;
    Certificate m_certificate;
    std::shared_ptr<const data::Dataset> m_originals; ///< or none
    std::vector<CheckedImage> m_images;
    std::vector<Finding> m_findings;
    std::vector<RestoredImage> m_restored;
};

class MedlockerCheck final : public engine::StudyOf<CheckParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "patches.medlocker-check",
            .title = "Certificate of adversarial watermarks",
            .question = "Are these the owner's watermarked images, and what is under their logos?",
            .summary = "Opens a certificate of patches.medlocker with the owner's key, refuses one that was "
                       "changed or made with another key, tells which images are its own, and removes their "
                       "logos.",
            .reference = "X. Wei, B. Pu, S. Zhao, C. Chen, H. Fu, 2023. arXiv:2303.09858",
            .keywords = {"watermark", "certificate", "ownership", "verify", "remove", "authorise",
                         "MIAD-MARK"},
            .outputs = {"tables/certificate.csv: sample, alpha, u, v, side, original_sha256, "
                        "watermarked_sha256",
                        "tables/verdicts.csv: image, verdict, accepted, correlation, finding",
                        "metrics images, accepted, verified; with originals psnr.mean, psnr.min, "
                        "restored.exactly",
                        "artifacts/restored.npz: images, ids"},
            .version = "1",
        };
    }

protected:
    void runWith(engine::RunContext& ctx, const CheckParams& params) override
    {
        CheckRun(ctx, params).execute();
    }
};

} // namespace

std::unique_ptr<engine::Study> makeMedlockerCheck()
{
    return std::make_unique<MedlockerCheck>();
}

} // namespace assay::medlocker
