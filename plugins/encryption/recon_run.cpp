#include "plugins/encryption/recon_run.h"

#include "backend/metrics/principal_components.h"
#include "backend/models/generative/style_autoencoder.h"
#include "backend/models/parallel.h"
#include "backend/training/generator_loss.h"
#include "plugins/encryption/feature_reconstruction.h"
#include "plugins/encryption/recon_live.h"
#include "plugins/encryption/recon_report.h"
#include "plugins/encryption/recon_steps.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

namespace assay::encryption {

namespace {

constexpr double kHeldBack = 0.15;       ///< share of the pairs on which features are chosen
constexpr std::int64_t kChosenOn = 2000; ///< pairs at most: enough to tell features apart
constexpr double kAlignPenalty = 0.01;

/// The blocks of whose values statistics are taken; PE has none of its own.
std::int64_t featureBlock(const CipherSpec& spec)
{
    return spec.scheme == Scheme::Pe ? 4 : spec.block;
}

std::string reconSchemeId(const CipherSpec& spec, bool moves)
{
    std::string id = std::string(schemeName(spec.scheme)) + (moves ? "-moves" : "");
    return spec.scheme == Scheme::Pe ? id : id + "-" + std::to_string(spec.block);
}

/// Image sets and two readers; generator and diffusion; each scheme, and three trainings of those that
/// networks attack.
int reconStageCount(const ReconParams& p)
{
    const std::size_t attacked = reconNetworkSchemes(p);
    const std::size_t networks = attacked == 0 ? 0 : 2 + 3 * attacked;
    return static_cast<int>(3 + (reconAttacksEtc(p) ? 1 : 0) + networks + reconSchemes(p).size());
}

} // namespace

std::vector<ReconScheme> reconSchemes(const ReconParams& p)
{
    std::vector<ReconScheme> made;
    const auto add = [&](CipherSpec spec, bool moves) {
        const std::string id = reconSchemeId(spec, moves);
        if (std::ranges::find(made, id, &ReconScheme::id) == made.end())
            made.push_back({.id = id, .title = describe(spec), .spec = spec});
    };
    for (const std::string& name : p.schemes) {
        if (name == "etc") {
            for (const int block : p.etcBlocks)
                add({.scheme = Scheme::Etc,
                     .block = block,
                     .permute = p.permute,
                     .rotate = p.rotate,
                     .negative = p.negative,
                     .channels = p.channels},
                    false);
        } else if (name == "etc-moves") {
            add({.scheme = Scheme::Etc, .block = p.etcBlocks.front(), .negative = false, .channels = false},
                true);
        } else {
            add({.scheme = schemeFromName(name), .block = p.block}, false);
        }
    }
    return made;
}

std::size_t reconNetworkSchemes(const ReconParams& p)
{
    const std::vector<ReconScheme> schemes = reconSchemes(p);
    return static_cast<std::size_t>(std::ranges::count_if(
        schemes, [&](const ReconScheme& scheme) { return std::ranges::count(p.networks, scheme.id) > 0; }));
}

ReconRun::ReconRun(engine::RunContext& context, const ReconParams& params)
    : m_context(context)
    , m_params(params)
    , m_progress(context, reconStageCount(params))
    , m_victimKey(SecretKey::forExperiment(context.seed(), "encryption.reconstruct victims"))
    , m_attackerKey(SecretKey::forExperiment(context.seed(), "encryption.reconstruct attacker"))
{}

ReconCiphertexts ReconRun::encrypt(const ReconScheme& scheme) const
{
    const std::int64_t side = m_data.train.size(2);
    const Cipher cipher(scheme.spec, m_victimKey, 3, side, side);
    return {.other = reconUnit(encryptEach(scheme.spec, m_attackerKey, m_data.train, m_data.trainIds)),
            .same = reconUnit(cipher.encrypt(m_data.train)),
            .victims = reconUnit(cipher.encrypt(m_data.test))};
}

ReconOutcome ReconRun::judged(ReconAttack attack, const torch::Tensor& made, std::string note) const
{
    return {.attack = attack,
            .images = (made.clamp(0, 1) * 255).round().to(torch::kUInt8),
            .scores = reconScores(made, m_plain, m_centre, *m_judge),
            .note = std::move(note)};
}

void ReconRun::add(ReconScheme& scheme, ReconAttack attack, const torch::Tensor& made, std::string note)
{
    m_context.checkpoint();
    scheme.outcomes.push_back(judged(attack, made, std::move(note)));
}

torch::Tensor ReconRun::linear(const torch::Tensor& pairs, const torch::Tensor& victims) const
{
    m_context.checkpoint();
    const ReconRidge ridge = reconRidge(pairs, m_coordinates);
    return m_pca.decode(ridge.predict(victims)).view(m_plain.sizes());
}

ReconFeature ReconRun::chosenFeature(const std::vector<ReconFeature>& features, const torch::Tensor& all,
                                     std::int64_t block) const
{
    // On pairs held back, never on the victims.
    const torch::Tensor pairs = all.narrow(0, 0, std::min(all.size(0), kChosenOn));
    const std::int64_t n = pairs.size(0);
    const auto held = static_cast<std::int64_t>(kHeldBack * static_cast<double>(n));
    ReconFeature best = ReconFeature::SortedStats;
    double least = 0;
    for (const ReconFeature feature : features) {
        m_context.checkpoint();
        const torch::Tensor f = reconFeatures(feature, pairs, block);
        const ReconRidge ridge = reconRidge(f.narrow(0, 0, n - held), m_coordinates.narrow(0, 0, n - held));
        const double error =
            (ridge.predict(f.narrow(0, n - held, held)) - m_coordinates.narrow(0, n - held, held))
                .square()
                .mean()
                .item<double>();
        if (feature == features.front() || error < least) {
            least = error;
            best = feature;
        }
    }
    return best;
}

void ReconRun::addFloors()
{
    const auto plain = [&] {
        const torch::NoGradGuard off;
        return reconImages(*m_generator.generator,
                           m_generator.autoencoder->map(training::latentsOf(
                               *m_generator.autoencoder, m_data.test, m_context.device())));
    };
    const std::int64_t m = m_plain.size(0);
    const torch::Tensor other = torch::arange(m, torch::kInt64).roll(1);
    m_results.floors.push_back(judged(ReconAttack::Mean, m_centre.expand_as(m_plain)));
    m_results.floors.push_back(judged(ReconAttack::Shuffled, m_plain.index_select(0, other)));
    if (m_pool.defined())
        m_results.floors.push_back(judged(ReconAttack::Unguided, m_pool.narrow(0, 0, m)));
    m_results.floors.push_back(
        judged(ReconAttack::Plain, m_pca.decode(m_pca.encode(m_plain.flatten(1))).view(m_plain.sizes())));
    if (m_generator.hasLatents())
        m_results.floors.push_back(judged(ReconAttack::PlainGenerator, plain()));
}

ReconFeature ReconRun::attackLinearly(ReconScheme& scheme, const ReconCiphertexts& c)
{
    add(scheme, ReconAttack::Fr, reconFloat(foldValues(scheme.encrypted)));
    add(scheme, ReconAttack::Raw, linear(c.other.flatten(1), c.victims.flatten(1)));
    m_progress.at(0.3);
    const std::int64_t block = featureBlock(scheme.spec);
    const ReconFeature feature = chosenFeature(reconKeylessFeatures(), c.other, block);
    add(scheme, ReconAttack::Invariants,
        linear(reconFeatures(feature, c.other, block), reconFeatures(feature, c.victims, block)),
        reconFeatureTitle(feature));
    m_progress.at(0.6);
    add(scheme, ReconAttack::SameKey, linear(c.same.flatten(1), c.victims.flatten(1)));
    return feature;
}

torch::Tensor ReconRun::measureLeak(ReconScheme& scheme, const ReconCiphertexts& c, ReconFeature feature)
{
    // The attacker knows the means of both domains and the map between them from its own pairs.
    const torch::Tensor offset = m_embedding->centre().cpu();
    const torch::Tensor plainPairs = m_embedding->embed(m_train), pairs = m_embedding->embed(c.other);
    const torch::Tensor plain = m_embedding->embed(m_plain), victims = m_embedding->embed(c.victims);
    m_context.checkpoint();
    const ReconRidge align = reconRidge(pairs, plainPairs, kAlignPenalty);
    const torch::Tensor aligned = align.predict(victims);
    scheme.leaks.push_back(reconLeak("as it is", victims + offset, plain + offset));
    scheme.leaks.push_back(reconLeak("centred", victims - pairs.mean(0), plain));
    scheme.leaks.push_back(reconLeak("aligned, not centred", aligned + offset, plain + offset));
    scheme.leaks.push_back(reconLeak("aligned", aligned, plain));
    const auto plane = metrics::principalComponents(plain, 2);
    const std::int64_t shown = std::min(kReconShown, plain.size(0));
    scheme.plane =
        torch::cat({plane.project(plain.narrow(0, 0, shown)), plane.project(aligned.narrow(0, 0, shown))}, 1);
    // The embedding lost what the blocks' statistics still say; an attacker uses both.
    const std::int64_t block = featureBlock(scheme.spec);
    const torch::Tensor known = torch::cat({pairs, reconFeatures(feature, c.other, block)}, 1),
                        seen = torch::cat({victims, reconFeatures(feature, c.victims, block)}, 1);
    const torch::Tensor wanted = reconRidge(known, plainPairs, kAlignPenalty).predict(seen);
    scheme.leaks.push_back(reconLeak("with statistics", wanted, plain));
    return wanted;
}

void ReconRun::attack(ReconScheme& scheme)
{
    m_progress.next("Attacking " + scheme.title);
    const std::int64_t side = m_data.train.size(2);
    scheme.keyBits = Cipher(scheme.spec, m_victimKey, 3, side, side).keySpaceBits();
    const ReconCiphertexts c = encrypt(scheme);
    scheme.encrypted = (c.victims * 255).round().to(torch::kUInt8);
    m_progress.at(0.1);
    const ReconFeature feature = attackLinearly(scheme, c);
    m_progress.at(0.9);
    const torch::Tensor wanted = measureLeak(scheme, c, feature);
    if (usesNetworks(scheme))
        attackByNetworks(scheme, c, wanted);
}

void ReconRun::attackSteps()
{
    m_progress.next("What each step of EtC hides");
    const std::int64_t side = m_data.train.size(2);
    const std::vector<CipherSpec> choices = reconStepChoices(m_params.etcBlocks.front());
    std::vector<ReconStep> steps;
    for (const CipherSpec& spec : choices) {
        m_progress.at(static_cast<double>(steps.size()) / static_cast<double>(choices.size()));
        const torch::Tensor victims = Cipher(spec, m_victimKey, 3, side, side).encrypt(m_data.test);
        const torch::Tensor pairs =
            reconUnit(encryptEach(spec, m_attackerKey, m_data.train, m_data.trainIds));
        const ReconFeature feature = chosenFeature(reconStatistics(), pairs, spec.block);
        steps.push_back({.spec = spec,
                         .encrypted = victims,
                         .outcome = judged(ReconAttack::Invariants,
                                           linear(reconFeatures(feature, pairs, spec.block),
                                                  reconFeatures(feature, reconUnit(victims), spec.block)),
                                           reconFeatureTitle(feature))});
    }
    m_context.artifact("steps", reconStepTensors(steps));
    m_context.figure(reconStepsFigure(m_results, steps));
    m_context.images(reconStepsGrid(m_results, steps, m_params));
    m_context.table(reconStepsTable(m_results, steps));
}

void ReconRun::execute()
{
    const models::SingleThread guard; // hundreds of small steps of linear algebra, each with its barriers
    const std::vector<ReconScheme> schemes = reconSchemes(m_params);
    for (const std::string& name : m_params.networks)
        if (std::ranges::find(schemes, name, &ReconScheme::id) == schemes.end())
            m_context.log("No network attacks '" + name + "': it is none of the schemes of this run.");
    m_progress.next("Images");
    m_data = reconData(m_context, m_params);
    m_train = reconFloat(m_data.train);
    m_plain = reconFloat(m_data.test);
    m_centre = m_train.mean(0, true);
    m_pca = reconPca(m_train.flatten(1), m_params.components, m_context.generator("recon.pca"));
    m_coordinates = m_pca.encode(m_train.flatten(1));

    // What does not fit is told of before anything is trained.
    const std::size_t attacked = reconNetworkSchemes(m_params);
    m_zoo = reconZoo(m_context, m_params, attacked);
    if (attacked > 0 && reconIsGeneratorFile(m_params.generator))
        m_generator = reconGenerator(m_progress, m_data, m_params);

    m_progress.next("A judge of attributes");
    // It must read what reconstructions look like as well: half of its images have gone through the decoder.
    m_judge.emplace(
        m_progress, "judge", m_data, m_params.judgeEpochs,
        [this](const torch::Tensor& x, const torch::Tensor&, at::Generator draws) {
            const torch::Tensor blurred =
                m_pca.decode(m_pca.encode(x.flatten(1))).view(x.sizes()).clamp(0, 1);
            return torch::where((torch::rand({x.size(0)}, draws) < 0.5).view({-1, 1, 1, 1}), blurred, x);
        },
        Json{{"components", m_params.components}});
    makeEmbedding();

    m_results.ids = m_data.testIds;
    m_results.plain = m_data.test;
    m_results.attributes = m_data.attributes;
    for (const ReconAttribute& attribute : m_data.attributes)
        m_results.commonest.push_back(attribute.commonest());
    if (attacked > 0) {
        makeGenerator();
        m_context.table(networksTable());
    }
    addFloors();
    for (ReconScheme& scheme : reconSchemes(m_params)) {
        attack(scheme);
        m_results.schemes.push_back(std::move(scheme));
    }
    m_context.artifact("bench", m_results.tensors());
    if (m_diffusion)
        keepLive(m_context, m_generator, *m_diffusion, m_live);
    emitReconResults(m_context, m_results, m_params);
    if (reconAttacksEtc(m_params))
        attackSteps();
}

} // namespace assay::encryption
