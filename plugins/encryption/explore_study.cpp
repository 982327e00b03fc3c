#include "plugins/encryption/explore_study.h"

#include "backend/data/dataset.h"
#include "backend/engine/reporting/stored_results.h"
#include "backend/protocol/error.h"
#include "plugins/encryption/explore_measures.h"
#include "plugins/encryption/explore_view.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <mutex>

namespace assay::encryption {

namespace {

constexpr std::int64_t kFrameMultiple = 16;                ///< of tinted images: the largest usual block
constexpr ExploreExtent kLive = {.images = 64, .seen = 8}; ///< as many as the mosaic has

/// What the table of schemes compares, whatever the parameters say.
const std::vector<CipherSpec>& comparedSpecs()
{
    static const std::vector<CipherSpec> all = {{.scheme = Scheme::Etc, .block = 4},
                                                {.scheme = Scheme::Etc, .block = 8},
                                                {.scheme = Scheme::Etc, .block = 16},
                                                {.scheme = Scheme::Le, .block = 4},
                                                {.scheme = Scheme::Ele, .block = 4},
                                                {.scheme = Scheme::Pe, .channels = false},
                                                {.scheme = Scheme::Pe},
                                                {.scheme = Scheme::Shf, .block = 4},
                                                {.scheme = Scheme::Shf, .block = 8},
                                                {.scheme = Scheme::Np, .block = 4},
                                                {.scheme = Scheme::Np, .block = 8},
                                                {.scheme = Scheme::Ffx, .block = 4}};
    return all;
}

std::shared_ptr<const models::Model> exploreNetwork(engine::RunContext& context, const ExploreParams& params)
{
    if (!params.network)
        return nullptr;
    auto model = context.model(*params.network);
    model->requireNetwork("the network for the distance");
    if (model->detects())
        throw Error("is a detector; the distance is that of a classifier's inner values", "network",
                    "Choose a classifier, or leave it empty");
    return model;
}

ExploreSubject exploreSubject(engine::RunContext& context, const ExploreParams& params)
{
    const auto set = context.dataset(params.dataset);
    const std::int64_t size = set->size(data::Split::Test),
                       count = std::min<std::int64_t>(params.count, size);
    if (count < 1)
        throw Error("the data set has no test images", params.dataset.name);
    const torch::Tensor order = torch::randperm(size, context.generator("explore.images"), torch::kInt64);
    ExploreSubject subject{.ids = std::get<0>(order.narrow(0, 0, count).sort())};
    const torch::Tensor unit = set->images(data::Split::Test, subject.ids, torch::kCPU);
    subject.images = unit.mul(255).round().to(torch::kUInt8);
    if (params.tint && subject.images.size(1) == 1)
        subject.images = tinted(subject.images, kFrameMultiple, context.generator("explore.tint"));
    return subject;
}

/// The images of the run that was previewed last, so that a dragged key reads no file.
class ExploreSubjects
{
public:
    std::shared_ptr<const ExploreSubject> at(engine::RunContext& context, const ExploreParams& params)
    {
        const std::lock_guard lock(m_guard);
        if (!m_subject || m_folder != context.folder() || m_folder.empty()) {
            const engine::TensorMap stored = context.loadArtifact("explored");
            const reporting::StoredResults results(stored);
            m_subject = std::make_shared<const ExploreSubject>(
                ExploreSubject{.images = results.at("images", torch::kUInt8, 4),
                               .ids = results.at("ids", torch::kInt64, 1),
                               .network = exploreNetwork(context, params)});
            m_folder = context.folder();
        }
        return m_subject;
    }

private:
    std::mutex m_guard; ///< of the two below
    std::filesystem::path m_folder;
    std::shared_ptr<const ExploreSubject> m_subject; ///< shared: a newer run replaces it while another reads
};

/// What was measured last, so that a frame that is dragged over a picture measures nothing anew. The key lies
/// in no field of it: only its fingerprint tells one from another.
class ExploreViews
{
public:
    std::shared_ptr<const ExploreView> at(engine::RunContext& context, const ExploreParams& params,
                                          const SecretKey& key, const ExploreSubject& subject)
    {
        const CipherSpec spec = cipherSpecOf(params);
        const std::lock_guard lock(m_guard);
        const bool known = m_view && !m_folder.empty() && m_folder == context.folder() &&
                           m_view->spec == spec && m_view->ownKeys == params.ownKeys &&
                           m_view->fingerprint == key.fingerprint();
        if (!known) {
            m_view = std::make_shared<const ExploreView>(
                exploreView(subject, spec, key, params.ownKeys, kLive, [&] { context.checkpoint(); }));
            m_folder = context.folder();
        }
        return m_view;
    }

private:
    std::mutex m_guard; ///< of the two below
    std::filesystem::path m_folder;
    std::shared_ptr<const ExploreView> m_view; ///< shared: a newer one replaces it while another reads
};

class ExploreStudy final : public engine::StudyOf<ExploreParams>
{
public:
    engine::StudyInfo info() const override
    {
        return {
            .id = "encryption.explore",
            .title = "Encrypted images under a key",
            .question = "What does an encrypted image still show to somebody without the key?",
            .summary =
                "Images under seven published schemes of perceptual encryption, with scheme, block, steps "
                "and "
                "key as live parameters. Beside the encrypted image stand the decryptions with the right and "
                "with a wrong key, histograms, correlation of neighbouring pixels, entropy, SSIM, PSNR, a "
                "network's distance, the size as JPEG, the key space and how much one bit of the key "
                "changes; "
                "and what attacks that need no key get back: feature reconstruction in both forms, and "
                "chosen "
                "plaintexts.",
            .reference = "K. Kurihara et al., IEICE Trans. 2015 (EtC); M. Tanaka, ICCE-TW 2018 (LE); K. "
                         "Madono et al., "
                         "AAAI-WS 2020 (ELE); W. Sirichotedumrong et al., IEEE Access 2019 (PE); AprilPyone "
                         "M., H. Kiya, "
                         "IEEE TIFS 2021 (SHF, NP, FFX); W. Chang, S. Li, 2020, arXiv 2004.13263 (feature "
                         "reconstruction)",
            .keywords = {"encryption", "secret key", "EtC", "learnable encryption", "pixel encryption",
                         "block scrambling", "privacy", "format-preserving encryption", "SSIM", "entropy",
                         "histogram", "correlation", "JPEG", "chosen plaintext"},
            .outputs =
                {"tables/measures.csv: images, ssim, psnr, same, distance, entropy, horizontal, vertical, "
                 "diagonal",
                 "tables/attacks.csv: attack, knows, queries, ssim, psnr, same",
                 "tables/jpeg.csv: quality, plain, encrypted, ratio", "tables/key.csv: quantity, value",
                 "tables/schemes.csv: scheme, key_bits, ssim, wrong_key, psnr, entropy, correlation, "
                 "distance, sensitivity, jpeg50, jpeg85, jpeg95, fr, chosen, queries, lossless",
                 "metrics ssim.encrypted, ssim.wrong_key, psnr.encrypted, same.decrypted, sensitivity, "
                 "key_space, jpeg85, ssim.fr, ssim.chosen"},
            .version = "1",
            .previews = true,
        };
    }

protected:
    void runWith(engine::RunContext& context, const ExploreParams& params) override
    {
        const SecretKey key = exploreKey(params, context.seed());
        ExploreSubject subject = exploreSubject(context, params);
        context.artifact("explored", {{"images", subject.images}, {"ids", subject.ids}});
        subject.network = exploreNetwork(context, params);
        const auto check = [&] { context.checkpoint(); };
        const auto total = static_cast<double>(comparedSpecs().size() + 1);
        emitExplore(context,
                    exploreView(subject, cipherSpecOf(params), key, params.ownKeys,
                                {.images = subject.images.size(0)}, check),
                    key, params);
        std::vector<ExploreView> views;
        for (const CipherSpec& spec : comparedSpecs()) {
            context.progress(static_cast<double>(views.size() + 1), total, describe(spec));
            views.push_back(
                exploreView(subject, spec, key, params.ownKeys, {.images = subject.images.size(0)}, check));
        }
        emitExploreSchemes(context, views);
        context.progress(total, total, "done");
    }

    void previewWith(engine::RunContext& context, const ExploreParams& params) override
    {
        const auto subject = m_subjects.at(context, params);
        const SecretKey key = exploreKey(params, context.seed());
        emitExplore(context, *m_views.at(context, params, key, *subject), key, params);
    }

private:
    ExploreSubjects m_subjects;
    ExploreViews m_views;
};

} // namespace

std::unique_ptr<engine::Study> makeExploreStudy()
{
    return std::make_unique<ExploreStudy>();
}

} // namespace assay::encryption
