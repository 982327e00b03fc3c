#include "plugins/encryption/recon_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QTest>

#include <algorithm>
#include <stdexcept>

using namespace assay;
using test::BenchContext;

namespace {

/// The cell of a table in the row of a scheme, an attack and, where it is given, an attribute.
double reconCell(const BenchContext& context, const std::string& table, const std::string& scheme,
                 const std::string& attack, const std::string& column, const std::string& attribute = {})
{
    const protocol::Table& rows = context.tables.at(table);
    for (std::size_t row = 0; row < rows.rows(); ++row)
        if (test::column(rows, "scheme").texts[row] == scheme &&
            test::column(rows, "attack").texts[row] == attack &&
            (attribute.empty() || test::column(rows, "attribute").texts[row] == attribute))
            return test::column(rows, column).numbers.at(row);
    throw std::runtime_error("no row of " + scheme + ", " + attack);
}

} // namespace

/// What the specifications lead to expect, on a small scale: tinted Fashion-MNIST, with the zoo's generator,
/// diffusion and embedding of them.
class StudyRecon : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = encryption::makeReconStudy();
    BenchContext m_context;
    const Json m_params = {
        {"train_images", 1500}, {"victims", 150},    {"schemes", {"etc", "etc-moves", "shf"}},
        {"etc_blocks", {4, 8}}, {"judge_epochs", 6}, {"networks", {"etc-8"}},
        {"encoder_epochs", 5},  {"samples", 2},      {"guided_victims", 40},
        {"guided_steps", 25},   {"restarts", 1},     {"generator", "garments-generator"}};

    double similarity(const std::string& scheme, const std::string& attack, const std::string& column) const
    {
        return reconCell(m_context, "similarity", scheme, attack, column);
    }
    double recovered(const std::string& scheme, const std::string& attack, const std::string& attribute,
                     const std::string& column = "accuracy") const
    {
        return reconCell(m_context, "attributes", scheme, attack, column, attribute);
    }

private Q_SLOTS:
    void initTestCase() { m_study->run(m_context, m_params); }

    /// Nothing that the zoo has is trained anew, and it is said.
    void theZoosNetworksAreTaken()
    {
        const auto& from = test::column(m_context.tables.at("networks"), "from").texts;
        QCOMPARE(from, (std::vector<std::string>{"zoo: garments-generator", "zoo: garments-diffusion",
                                                 "zoo: garments-diffusion"}));
        QVERIFY(std::ranges::any_of(m_context.logs, [](const std::string& line) {
            return line.starts_with("From the zoo: garments-generator and garments-diffusion");
        }));
    }

    /// One shared key makes EtC an affine map.
    void oneSharedKeyIsBrokenByRegression()
    {
        const double bound = similarity("none", "plain-linear", "mse");
        QVERIFY(similarity("etc-8", "linear-same-key", "mse") <= 1.1 * bound);
        QVERIFY(similarity("etc-8", "linear-same-key", "top1") > 0.9);
        QVERIFY(recovered("etc-8", "linear-same-key", "background") > 0.9);
    }

    void regressionFromPixelsFailsUnderOtherKeys()
    {
        QVERIFY(similarity("etc-8", "linear-raw", "mse") >= similarity("none", "mean", "mse"));
        QVERIFY(recovered("etc-8", "linear-raw", "class") <=
                recovered("etc-8", "linear-raw", "class", "chance") + 0.1);
    }

    void whatNoKeyMovesGivesImagesAway()
    {
        QVERIFY(similarity("etc-8", "linear-keyless", "mse") < similarity("none", "mean", "mse"));
        QVERIFY(similarity("etc-8", "linear-keyless", "top5") >= 3 * 5.0 / 150);
        QVERIFY(recovered("etc-8", "linear-keyless", "class") >=
                2 * recovered("none", "mean", "class", "chance"));
    }

    /// Without inversion and channel shuffle the colours stand there.
    void movingBlocksHidesNoColour()
    {
        QVERIFY(recovered("etc-moves-4", "linear-keyless", "background") >= 0.6);
        QVERIFY(recovered("etc-8", "linear-keyless", "background") <= 0.4);
    }

    void theStepsThatHideColoursAreSeenOneByOne()
    {
        const protocol::Table& steps = m_context.tables.at("steps");
        const auto background = [&](const std::string& on) {
            for (std::size_t row = 0; row < steps.rows(); ++row)
                if (test::column(steps, "steps").texts[row] == on &&
                    test::column(steps, "attribute").texts[row] == "background")
                    return test::column(steps, "accuracy").numbers[row];
            throw std::runtime_error("no steps " + on);
        };
        QVERIFY(background("moved, turned") >= 0.6);
        QVERIFY(background("moved, turned, inverted, shuffled") <= 0.4);
    }

    void undoingInversionsShowsNothingOfMovedBlocks() { QVERIFY(similarity("etc-8", "fr", "ssim") <= 0.15); }

    void theGeneratorMakesGarments()
    {
        QVERIFY(similarity("none", "plain-generator", "mse") < 0.7 * similarity("none", "mean", "mse"));
        QVERIFY(recovered("none", "plain-generator", "class") > 0.45);
    }

    void theEncoderComesNearerThanNothing()
    {
        QVERIFY(similarity("etc-8", "encoder", "mse") < similarity("none", "mean", "mse"));
        QVERIFY(similarity("etc-8", "encoder", "mse") < similarity("etc-8", "linear-raw", "mse"));
        QVERIFY(similarity("etc-8", "encoder", "top5") >= 2 * 5.0 / 150);
    }

    void guidanceComesNearer()
    {
        const std::vector<double>& curve = m_context.figures.at("guidance").layers.front().y;
        QVERIFY(curve.back() > curve.front() + 0.1);
    }

    void shapesOfBlocksLeakInTheEmbedding()
    {
        QVERIFY(m_context.metrics.at("auc.shf-4") > 0.6);
        QVERIFY(m_context.metrics.at("auc.shf-4") > m_context.metrics.at("auc.etc-8"));
    }

    void previewShowsAnotherSchemeVictimAndScale()
    {
        const auto victims = m_context.grids.at("victims").ids;
        Json params = m_params;
        params["scheme"] = "shf-4";
        params["victim"] = victims.at(3);
        m_study->preview(m_context, params);
        QCOMPARE(m_context.scenes.back().sample, victims.at(3));
        QVERIFY(m_context.grids.at("victims").title.find("SHF") != std::string::npos);
        params["scheme"] = "etc-8";
        params["guidance"] = 0;
        m_study->preview(m_context, params);
        const auto unguided = m_context.grids.at("samples").pixels;
        params["guidance"] = 5;
        m_study->preview(m_context, params);
        QVERIFY(m_context.grids.at("samples").pixels != unguided);
        // Pairs are joined by a line each.
        const protocol::Figure& plane = m_context.figures.at("plane");
        QCOMPARE(plane.layers.back().y.size(), std::size_t(48));
        QCOMPARE(plane.layers.size(), std::size_t(48 + 2));
    }

    /// A run that was made before the plane was kept is shown without it.
    void runsOfVersionOneStillOpen()
    {
        BenchContext older;
        engine::TensorMap bench = m_context.loadArtifact("bench");
        QCOMPARE(std::erase_if(bench, [](const auto& kept) { return kept.first.ends_with(".plane"); }),
                 std::size_t(4));
        older.artifact("bench", bench);
        for (const char* name : {"steps", "live"})
            older.artifact(name, m_context.loadArtifact(name));
        Json params = m_params;
        params["scheme"] = "etc-8";
        m_study->preview(older, params);
        QVERIFY(older.figures.contains("matrix") && older.grids.contains("samples"));
        QVERIFY(!older.figures.contains("plane"));
    }
};

QTEST_GUILESS_MAIN(StudyRecon)
#include "study_recon.moc"
