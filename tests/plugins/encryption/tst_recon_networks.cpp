#include "backend/encryption/secret_key.h"
#include "backend/models/generative/style_autoencoder.h"
#include "backend/models/initialise.h"
#include "backend/training/generator_loss.h"
#include "plugins/encryption/recon_diffusion.h"
#include "plugins/encryption/recon_encoder.h"
#include "plugins/encryption/recon_guided.h"
#include "plugins/encryption/recon_script.h"
#include "tests/support/bench_context.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTemporaryDir>
#include <QTest>
#include <torch/autograd.h>
#include <torch/script.h>

#include <cmath>

using namespace assay;
using namespace assay::encryption;

namespace {

constexpr std::int64_t kCardSide = 16;

/// Cards of two colours, bright above or below: two attributes that can be seen at once.
ReconData colouredCards(std::int64_t train, std::int64_t test)
{
    const at::Generator draws = at::detail::createCPUGenerator(11);
    ReconData data;
    ReconAttribute colour{.name = "colour", .values = {"red", "blue"}},
        half{.name = "bright half", .values = {"upper", "lower"}};
    const auto cards = [&](std::int64_t n, torch::Tensor& colours, torch::Tensor& halves) {
        colours = torch::randint(2, {n}, draws, torch::kInt64);
        halves = torch::randint(2, {n}, draws, torch::kInt64);
        torch::Tensor x = torch::rand({n, 3, kCardSide, kCardSide}, draws) * 0.1;
        for (std::int64_t i = 0; i < n; ++i)
            x[i][2 * colours[i].item<std::int64_t>()]
                .narrow(0, halves[i].item<std::int64_t>() * kCardSide / 2, kCardSide / 2)
                .add_(0.8);
        return (x * 255).to(torch::kUInt8);
    };
    data.train = cards(train, colour.train, half.train);
    data.test = cards(test, colour.test, half.test);
    data.trainIds = torch::arange(train, torch::kInt64);
    data.testIds = torch::arange(test, torch::kInt64);
    data.attributes = {colour, half};
    return data;
}

torch::Tensor undisguised(const torch::Tensor& x, const torch::Tensor&, at::Generator)
{
    return x;
}

} // namespace

/// The networks of the attacks, learned in seconds on cards of two colours.
class TestReconNetworks : public QObject
{
    Q_OBJECT

    test::BenchContext m_context;
    ReconProgress m_progress{m_context, 10};
    const ReconData m_data = colouredCards(240, 40);
    std::optional<ReconReader> m_reader;
    ReconGenerator m_generator;
    ReconParams m_params = [] {
        ReconParams p;
        p.side = kCardSide;
        p.generatorEpochs = 25;
        return p;
    }();

private Q_SLOTS:
    void initTestCase()
    {
        m_reader.emplace(m_progress, "judge", m_data, 6, undisguised, Json());
        m_generator = reconGenerator(m_progress, m_data, m_params);
    }

    void theReaderReads()
    {
        const torch::Tensor read = m_reader->read(reconFloat(m_data.test));
        QVERIFY(read[0].eq(m_data.attributes[0].test).all().item<bool>());
        QVERIFY(read[1].eq(m_data.attributes[1].test).all().item<bool>());
        const torch::Tensor plain = m_reader->embed(reconFloat(m_data.train));
        QVERIFY(plain.mean(0).abs().max().item<float>() < 1e-4F); // centred
    }

    void distanceIsNoneToItself()
    {
        const torch::Tensor x = reconFloat(m_data.test);
        QVERIFY(m_reader->distance(x, x).item<double>() < 1e-9);
        QVERIFY(m_reader->distance(x.flip(2), x).item<double>() > 0.01);
    }

    void theGeneratorLearns()
    {
        QVERIFY(m_generator.losses.back() < m_generator.losses.front() / 3);
        const torch::Tensor w = m_generator.autoencoder->map(m_generator.latents.narrow(0, 0, 8));
        QCOMPARE(w.sizes().vec(), (std::vector<std::int64_t>{8, 3, 48}));
        const torch::Tensor made = reconImages(*m_generator.generator, w);
        QVERIFY(made.min().item<float>() >= 0 && made.max().item<float>() <= 1);
        QVERIFY(torch::mse_loss(made, reconFloat(m_data.train.narrow(0, 0, 8))).item<double>() < 0.01);
    }

    void stylesAreOnesOfAPowerOfTwo()
    {
        QCOMPARE(test::sentenceOf([] { models::StyleAutoencoder({.side = 24}); }),
                 QStringLiteral("side: a generator's side is 24; it must be a power of two, 8 to 256."));
        models::StyleAutoencoder larger({.side = 64});
        QCOMPARE(larger.styles(), std::int64_t(5));
        QCOMPARE(larger.decode(torch::zeros({1, 5, 48})).size(3), std::int64_t(64));
    }

    void encodersLearnStepByStep()
    {
        const CipherSpec etc{.scheme = Scheme::Etc, .block = 4};
        const std::vector<CipherSpec> stages = reconStages(etc);
        QCOMPARE(stages.size(), std::size_t(5));
        QVERIFY(!stages[0].permute && !stages[0].rotate && !stages[0].negative && !stages[0].channels);
        QVERIFY(stages[1].negative && !stages[1].channels);
        QVERIFY(stages.back() == etc);
        const std::vector<double> starts = ReconEncoder::stageStarts(etc, ReconStrategy::Progressive);
        QCOMPARE(starts, (std::vector<double>{0, 0.125, 0.25, 0.375, 0.5}));
        QCOMPARE(ReconEncoder::stageStarts(etc, ReconStrategy::Direct), (std::vector<double>{0}));
    }

    /// Plain images: the colour must come back, by either network.
    void encodersFindTheStyles()
    {
        const SecretKey key = SecretKey::fromBytes("attacker");
        for (const bool set : {false, true}) {
            const ReconEncoder encoder(m_progress, m_data, {.scheme = Scheme::Etc, .block = 4}, key,
                                       m_generator, *m_reader, {.set = set, .epochs = 8, .plain = true});
            const torch::Tensor made =
                reconImages(*m_generator.generator, encoder.styles(reconFloat(m_data.test)));
            const auto right =
                m_reader->read(made)[0].eq(m_data.attributes[0].test).sum().item<std::int64_t>();
            QVERIFY2(right >= 38, qPrintable(QString::number(right)));
        }
    }

    /// A wanted embedding is reached, better than by choosing among random images of few.
    void guidanceReachesAnEmbedding()
    {
        const torch::Tensor wanted = m_reader->embed(reconFloat(m_data.test.narrow(0, 0, 6)));
        const ReconGuided guided =
            reconGuided(m_progress, *m_generator.generator, *m_reader, wanted, {.steps = 40, .restarts = 2},
                        at::detail::createCPUGenerator(2));
        QCOMPARE(guided.images.size(0), std::int64_t(6));
        QVERIFY(guided.scores.min().item<float>() > 0.7F);
        QVERIFY(guided.curve.back() > guided.curve.front());
        const torch::Tensor again = torch::cosine_similarity(m_reader->embed(guided.images), wanted, 1);
        QVERIFY((again - guided.scores).abs().max().item<float>() <
                1e-4F); // the score is of what is handed back
    }

    void theBestOfAPoolIsTheNearest()
    {
        const torch::Tensor pool = torch::tensor({{1.0F, 0.0F}, {0.0F, 5.0F}, {-1.0F, -1.0F}});
        QVERIFY(reconBestOf(pool, torch::tensor({{0.1F, 1.0F}, {3.0F, -1.0F}}))
                    .eq(torch::tensor({1, 0}).to(torch::kInt64))
                    .all()
                    .item<bool>());
    }

    void theDiffusionDoesAsItIsTold()
    {
        const torch::Tensor told = m_reader->embed(reconFloat(m_data.train));
        const ReconDiffusion diffusion(m_progress, m_generator, told, m_reader->hash(), 150);
        const torch::Tensor wanted = m_reader->embed(reconFloat(m_data.test));
        const auto sampled = [&](const ReconDiffusion& from, double guidance) {
            return from.sample(wanted, guidance, 20, at::detail::createCPUGenerator(5));
        };
        const torch::Tensor z = sampled(diffusion, 2);
        const torch::Tensor read =
            m_reader->read(reconImages(*m_generator.generator, m_generator.autoencoder->map(z)));
        const auto right = read[0].eq(m_data.attributes[0].test).sum().item<std::int64_t>();
        QVERIFY2(right >= 32, qPrintable(QString::number(right)));
        QVERIFY(z.equal(sampled(ReconDiffusion(diffusion.tensors(), torch::kCPU), 2)));
        // Told nothing, it does not know what was wanted.
        const torch::Tensor other = diffusion.sample(-wanted, 0, 20, at::detail::createCPUGenerator(5));
        QVERIFY(other.equal(sampled(diffusion, 0)));
    }

    void scriptsMakeImages()
    {
        const QTemporaryDir folder;
        const auto saved = [&](const char* name, const char* body) {
            torch::jit::Module module("Maker");
            module.register_buffer("centre", torch::full({2, 3}, 0.5));
            module.define(body);
            const std::string file = folder.filePath(name).toStdString();
            module.save(file);
            return file;
        };
        const auto generator = reconScriptGenerator(
            saved("good.pt", "def forward(self, styles: Tensor) -> Tensor:\n"
                             "  return styles[:, 0].reshape(-1, 3, 1, 1).expand(-1, 3, 16, 16).sigmoid()\n"),
            kCardSide, torch::kCPU);
        QCOMPARE(generator->styles(), std::int64_t(2));
        torch::Tensor w = torch::zeros({4, 2, 3}).requires_grad_(true);
        const torch::Tensor image = generator->image(w);
        QVERIFY((image - 0.5).abs().max().item<float>() < 1e-6F);
        const torch::Tensor gradient = torch::autograd::grad({image.sum()}, {w})[0];
        QVERIFY(gradient.select(1, 0).gt(0).all().item<bool>()); // gradients pass through the script
        const std::string flat =
            saved("flat.pt", "def forward(self, styles: Tensor) -> Tensor:\n  return styles\n");
        QVERIFY(
            test::sentenceOf([&] { reconScriptGenerator(flat, kCardSide, torch::kCPU); })
                .startsWith(
                    "flat.pt: 'forward' must answer with float32 images of three channels and 16 pixels"));
    }
};

QTEST_GUILESS_MAIN(TestReconNetworks)
#include "tst_recon_networks.moc"
