#include "plugins/encryption/recon_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"
#include "tests/support/sentence_of.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/script.h>

#include <algorithm>

using namespace assay;
using test::BenchContext;

namespace {

/// One style of six numbers: a colour above and one below.
constexpr const char* kTwoColours = "def forward(self, styles: Tensor) -> Tensor:\n"
                                    "  colours = styles[:, 0].reshape(-1, 2, 3).sigmoid()\n"
                                    "  upper = colours[:, 0].reshape(-1, 3, 1, 1).expand(-1, 3, 16, 32)\n"
                                    "  lower = colours[:, 1].reshape(-1, 3, 1, 1).expand(-1, 3, 16, 32)\n"
                                    "  return torch.cat([upper, lower], 2)\n";

std::string scriptAt(const QTemporaryDir& folder, const char* name, const char* body)
{
    torch::jit::Module module("Maker");
    module.register_buffer("centre", torch::zeros({1, 6}));
    module.define(body);
    const std::string file = folder.filePath(name).toStdString();
    module.save(file);
    return file;
}

bool attacked(const BenchContext& context, const std::string& attack)
{
    const auto& rows = test::column(context.tables.at("similarity"), "attack").texts;
    return std::ranges::count(rows, attack) > 0;
}

} // namespace

/// `encryption.reconstruct` with a generator from outside.
class StudyReconScript : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = encryption::makeReconStudy();

    static Json paramsWith(const std::string& generator)
    {
        return {{"train_images", 300}, {"victims", 30},       {"schemes", {"etc"}},
                {"etc_blocks", {4}},   {"judge_epochs", 1},   {"networks", {"etc-4"}},
                {"encoder_epochs", 2}, {"guided_victims", 5}, {"guided_steps", 6},
                {"restarts", 1},       {"samples", 1},        {"generator", generator}};
    }

private Q_SLOTS:
    void aScriptMakesTheImages()
    {
        const QTemporaryDir folder;
        BenchContext context;
        m_study->run(context, paramsWith(scriptAt(folder, "colours.pt", kTwoColours)));
        QVERIFY(attacked(context, "encoder") && attacked(context, "guided"));
        QVERIFY(!attacked(context, "diffusion")); // a script has no latents
        const protocol::Table& networks = context.tables.at("networks");
        QCOMPARE(test::column(networks, "from").texts.at(0), std::string("colours.pt"));
        // What the encoder made are two colours, one above the other.
        const protocol::ImageGrid& victims = context.grids.at("victims");
        const auto variant = std::ranges::find(victims.variants, "encoder") - victims.variants.begin();
        QVERIFY(variant < std::ssize(victims.variants));
        const std::uint8_t* pixels =
            victims.pixels.data() +
            variant * std::ssize(victims.pixels) / (std::ssize(victims.ids) * std::ssize(victims.variants));
        const auto colourAt = [&](int row, int column) {
            const std::uint8_t* at = pixels + (row * 32 + column) * 3;
            return std::vector<std::uint8_t>{at, at + 3};
        };
        QCOMPARE(colourAt(0, 0), colourAt(15, 31));
        QCOMPARE(colourAt(16, 0), colourAt(31, 31));
        m_study->preview(context, paramsWith("colours.pt"));
        QVERIFY(!context.grids.contains("samples"));
    }

    /// It is tried on its own mean before anything is trained.
    void whatIsNoGeneratorIsSaid()
    {
        const QTemporaryDir folder;
        const std::string small =
            scriptAt(folder, "small.pt",
                     "def forward(self, styles: Tensor) -> Tensor:\n"
                     "  return styles.reshape(-1, 6, 1, 1)[:, 0:3].expand(-1, 3, 16, 16).sigmoid()\n");
        BenchContext context;
        QCOMPARE(
            test::sentenceOf([&] { m_study->run(context, paramsWith(small)); }),
            QStringLiteral("small.pt: 'forward' must answer with float32 images of three channels and 32 "
                           "pixels. Set the side to that of the generator. Write forward(self, styles: "
                           "Tensor) -> Tensor and register_buffer('centre', the mean of the styles)."));
        QVERIFY(context.tables.empty());
        QVERIFY(test::sentenceOf([&] {
                    m_study->run(context, paramsWith("no-such-generator"));
                }).startsWith("generator: the zoo has no generator 'no-such-generator'"));
        Json params = paramsWith("garments-generator");
        params["side"] = 16;
        QVERIFY(
            test::sentenceOf([&] { m_study->run(context, params); })
                .startsWith("generator: the generator 'garments-generator' does not fit: its images have 32 "
                            "pixels a side"));
    }
};

QTEST_GUILESS_MAIN(StudyReconScript)
#include "study_recon_script.moc"
