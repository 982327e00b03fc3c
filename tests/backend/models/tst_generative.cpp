#include "backend/models/generative/generative_file.h"
#include "backend/models/initialise.h"
#include "backend/protocol/error.h"
#include "tests/support/sentence_of.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <fstream>

using namespace assay;
using namespace assay::models;

/// Generative networks and their files.
class TestGenerative : public QObject
{
    Q_OBJECT

    const QTemporaryDir m_dir;
    const std::filesystem::path m_folder = generativeFolder(m_dir.path().toStdString());

    static GenerativeCard cardNamed(const char* name)
    {
        GenerativeCard card;
        card.name = name;
        card.dataset = "faces";
        card.datasetHash = "abc";
        card.recipe = {{"seed", 7}};
        card.measured = {{"psnr", 20.5}};
        return card;
    }
    static torch::Tensor drawn(torch::IntArrayRef sizes)
    {
        return torch::rand(sizes, at::detail::createCPUGenerator(5));
    }

private Q_SLOTS:
    void autoencodersComeBack()
    {
        const auto made = std::make_shared<StyleAutoencoder>(
            StyleAutoencoderSpec{.side = 16, .latent = 6, .style = 5, .width = 12});
        StyleAutoencoder& network = *made;
        initialise(network, at::detail::createCPUGenerator(1));
        const GenerativeCard saved = saveGenerative(m_folder, network, cardNamed("cards"));
        QCOMPARE(saved.parameters, parameterCount(network));
        const GenerativeCard read = readGenerativeCard(m_folder / "cards.json");
        QCOMPARE(toJson(read).dump(), toJson(saved).dump());
        const auto opened = openAutoencoder(m_folder, read, torch::kCPU);
        QVERIFY(opened->spec() == network.spec());
        const torch::Tensor x = drawn({2, 3, 16, 16});
        QVERIFY(opened->forward(x).equal(network.forward(x)));
        QVERIFY(!opened->parameters().front().requires_grad());
    }

    void diffusionsComeBackWithTheirReader()
    {
        const ToldDiffusion networks{
            .diffusion = std::make_shared<LatentDiffusion>(6, AttributeReader::kEmbedding),
            .reader = std::make_shared<AttributeReader>(16, std::vector<std::int64_t>{3, 2})};
        initialise(*networks.diffusion, at::detail::createCPUGenerator(2));
        initialise(*networks.reader, at::detail::createCPUGenerator(3));
        const torch::Tensor latents = 4 + 3 * drawn({50, 6});
        networks.diffusion->scaleTo(latents);
        const torch::Tensor z = networks.diffusion->scaled(latents);
        QVERIFY(z.mean(0).abs().max().item<float>() < 1e-5F);
        QVERIFY((z.std(0, false) - 1).abs().max().item<float>() < 1e-5F);
        saveGenerative(m_folder, networks, cardNamed("noise"));
        const ToldDiffusion opened =
            openDiffusion(m_folder, readGenerativeCard(m_folder / "noise.json"), torch::kCPU);
        const torch::Tensor x = drawn({3, 3, 16, 16});
        QVERIFY(opened.reader->forward(x).equal(networks.reader->forward(x)));
        QCOMPARE(opened.reader->split(opened.reader->forward(x))[1].size(1), std::int64_t(2));
        const auto sampled = [&](const ToldDiffusion& from, double guidance) {
            return from.diffusion->sample(drawn({3, AttributeReader::kEmbedding}), guidance, 5,
                                          at::detail::createCPUGenerator(8));
        };
        QVERIFY(sampled(opened, 2).equal(sampled(networks, 2)));
        QVERIFY(!sampled(opened, 2).equal(sampled(opened, 0)));
    }

    /// Much signal at first, none at the end.
    void theScheduleFalls()
    {
        const torch::Tensor s = LatentDiffusion::signals(torch::linspace(0, 1, 21));
        QVERIFY(s[0].item<float>() > 0.999F);
        QVERIFY(s[20].item<float>() < 0.001F);
        QVERIFY((s.narrow(0, 1, 20) < s.narrow(0, 0, 20)).all().item<bool>());
    }

    void whatDoesNotFitIsSaid()
    {
        const auto made = std::make_shared<StyleAutoencoder>(StyleAutoencoderSpec{.side = 16});
        StyleAutoencoder& network = *made;
        initialise(network, at::detail::createCPUGenerator(1));
        GenerativeCard card = saveGenerative(m_folder, network, cardNamed("other"));
        QVERIFY(test::sentenceOf([&] {
                    openDiffusion(m_folder, card, torch::kCPU);
                }).contains("is no latent diffusion"));
        card.options["side"] = 24;
        QVERIFY(test::sentenceOf([&] {
                    openAutoencoder(m_folder, card, torch::kCPU);
                }).contains("it must be a power of two"));
        card.options["side"] = 1e9;
        QVERIFY(test::sentenceOf([&] {
                    openAutoencoder(m_folder, card, torch::kCPU);
                }).contains("'options.side' must be a whole number from 1 to 4096"));
        card.options["side"] = 32;
        QVERIFY(test::sentenceOf([&] {
                    openAutoencoder(m_folder, card, torch::kCPU);
                }).contains("the weights do not fit"));
        std::ofstream(m_folder / "other.safetensors", std::ios::app) << 'x';
        QVERIFY(test::sentenceOf([&] {
                    openAutoencoder(m_folder, card, torch::kCPU);
                }).contains("SHA-256 differs"));
        std::ofstream(m_folder / "broken.json") << "[1]";
        std::vector<std::string> problems;
        const auto cards = generativeCards(m_folder, &problems);
        QCOMPARE(problems.size(), std::size_t(1));
        QVERIFY(!cards.empty());
        QVERIFY(generativeCards(m_folder / "absent").empty());
    }
};

QTEST_GUILESS_MAIN(TestGenerative)
#include "tst_generative.moc"
