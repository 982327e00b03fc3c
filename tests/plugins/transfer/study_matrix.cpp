#include "cli_run.h"
#include "plugins/transfer/matrix_params.h"
#include "plugins/transfer/matrix_study.h"
#include "recording_context.h"
#include "script_in_workspace.h"

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

namespace {

const QStringList kSmall = {"sources=fashion-cnn,fashion-resnet",
                            "targets=fashion-cnn,fashion-resnet,fashion-vgg",
                            "count=200",
                            "attacks=fgsm,bim,mi-fgsm,dim",
                            "eps=0.04,0.08",
                            "resamples=500"};

} // namespace

/// The matrix on the zoo, through the command line.
class StudyMatrix : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::vector<CsvRow> m_rows;
    std::vector<CsvRow> m_ranking;

    CliRun run(const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), "transfer.matrix", settings};
    }
    double success(const std::string& source, const std::string& target, const std::string& attack,
                   double eps) const
    {
        for (const CsvRow& row : m_rows)
            if (row.at("source") == source && row.at("target") == target && row.at("attack") == attack &&
                std::abs(number(row, "eps") - eps) < 1e-9)
                return number(row, "success");
        throw std::runtime_error("no such cell");
    }

private Q_SLOTS:
    void initTestCase()
    {
        QElapsedTimer timer;
        timer.start();
        const CliRun done = run("matrix", kSmall);
        QVERIFY2(done.status() == 0, done.error().constData());
        m_rows = done.table("matrix");
        qInfo("%.0f s", static_cast<double>(timer.elapsed()) / 1000);
        for (const CsvRow& r : m_rows)
            qInfo("%s -> %s %s %s n %s success %s", r.at("source").c_str(), r.at("target").c_str(),
                  r.at("attack").c_str(), r.at("eps").c_str(), r.at("n").c_str(), r.at("success").c_str());
        QCOMPARE(m_rows.size(), std::size_t(2 * 3 * 4 * 2));
        m_ranking = done.table("ranking");
        for (const CsvRow& r : m_ranking)
            qInfo("eps %s place %s %s %s [%s, %s]", r.at("eps").c_str(), r.at("place").c_str(),
                  r.at("attack").c_str(), r.at("mean_success").c_str(), r.at("low").c_str(),
                  r.at("high").c_str());
        QCOMPARE(done.table("survival").size(), std::size_t(3 * 8));
    }

    void fractionsFitTogether()
    {
        for (const CsvRow& r : m_rows) {
            QVERIFY(number(r, "low") <= number(r, "success") && number(r, "success") <= number(r, "high"));
            QVERIFY(number(r, "same") + number(r, "different") <= number(r, "success") + 1e-9);
            QVERIFY(number(r, "n") > 150 && number(r, "n") <= 200);
            if (r.at("source") == r.at("target"))
                QCOMPARE(number(r, "same"), number(r, "success"));
        }
    }

    void iterationsOwnTheWhiteBox()
    {
        for (const std::string model : {"fashion-cnn", "fashion-resnet"}) {
            QVERIFY(success(model, model, "bim", 0.08) >= 0.95);
            QVERIFY(success(model, model, "mi-fgsm", 0.08) >= 0.95);
            QVERIFY(success(model, model, "bim", 0.08) >= success(model, model, "fgsm", 0.08));
        }
    }

    /// Momentum transfers better than plain iteration and input diversity better still (CVPR 2018, CVPR
    /// 2019); the paired interval tells the last from the first.
    void theRankingIsThePublishedOne()
    {
        std::vector<std::string> order;
        for (const CsvRow& r : m_ranking) {
            if (std::abs(number(r, "eps") - 0.08) > 1e-9)
                continue;
            order.push_back(r.at("attack"));
            QVERIFY(number(r, "low") <= number(r, "mean_success") &&
                    number(r, "mean_success") <= number(r, "high"));
            if (r.at("attack") == "bim")
                QVERIFY(number(r, "behind_low") > 0);
        }
        QCOMPARE(order.size(), std::size_t(4));
        const auto place = [&](const char* id) { return std::ranges::find(order, id) - order.begin(); };
        QCOMPARE(place("dim"), 0);
        QVERIFY(place("mi-fgsm") < place("bim"));
    }

    void aLargerRadiusTransfersMore()
    {
        for (const std::string attack : {"bim", "mi-fgsm", "dim"})
            QVERIFY(success("fashion-cnn", "fashion-vgg", attack, 0.08) >
                    success("fashion-cnn", "fashion-vgg", attack, 0.04));
    }

    void previewsShowTheRunsNumbers()
    {
        using namespace assay;
        const auto study = transfer::makeMatrixStudy();
        transfer::MatrixParams params;
        params.viewTarget = "fashion-vgg";
        params.viewAttack = "dim";
        params.viewEps = 0.08;
        for (const char* of : {"correct", "all", "correct"}) {
            params.denominator = of;
            test::RecordingContext context(m_folder.filePath("matrix").toStdString());
            QElapsedTimer timer;
            timer.start();
            study->preview(context, protocol::writeParams(params));
            qInfo("preview %s: %lld ms", of, static_cast<long long>(timer.elapsed()));
            const protocol::Layer& cells = context.figureOf("matrix-dim").layers[0];
            QCOMPARE(cells.z.size(), std::size_t(6));
            if (std::string(of) == "correct")
                QCOMPARE(cells.z[2], 100 * success("fashion-cnn", "fashion-vgg", "dim", 0.08));
            else
                QCOMPARE(cells.denominator[2], 200.0);
            QCOMPARE(context.grids.size(), std::size_t(1));
            QCOMPARE(context.grids[0].count(), std::size_t(200));
        }
    }

    void targetedRunsAimAndRepeat()
    {
        const QStringList aimed = {"sources=fashion-cnn",
                                   "targets=fashion-cnn,fashion-vgg",
                                   "count=60",
                                   "attacks=bim",
                                   "eps=0.08",
                                   "targeted=true",
                                   "denominator=not-aimed",
                                   "resamples=100"};
        const CliRun first = run("one", aimed), second = run("two", aimed);
        QVERIFY2(first.status() == 0, first.error().constData());
        QVERIFY2(second.status() == 0, second.error().constData());
        QCOMPARE(first.file("tables/matrix.csv"), second.file("tables/matrix.csv"));
        QCOMPARE(first.file("metrics.json"), second.file("metrics.json"));
        const std::vector<CsvRow> rows = first.table("matrix");
        QVERIFY(number(rows[0], "success") > 0.5);
        QVERIFY(number(rows[1], "success") < number(rows[0], "success"));
    }

    /// Momentum of nothing is no momentum; the run says what each attack was told.
    void parametersOfAttacksReachThem()
    {
        const QStringList small = {"sources=fashion-cnn", "targets=fashion-vgg", "count=40", "eps=0.06",
                                   "resamples=100",       "attacks=bim,mi-fgsm", "steps=4"};
        const CliRun still = run("still", small + QStringList{"attack_params.mi-fgsm.momentum=0",
                                                              "attack_params.dim.di_rate=1.2"});
        const CliRun moving = run("moving", small);
        QVERIFY2(still.status() == 0, still.error().constData());
        const auto numbersOf = [](const CliRun& done, std::size_t row) {
            CsvRow cells = done.table("matrix").at(row);
            cells.erase("attack");
            return cells;
        };
        QCOMPARE(numbersOf(still, 1), numbersOf(still, 0));
        QVERIFY(numbersOf(moving, 1) != numbersOf(moving, 0));
        bool told = false;
        for (const CsvRow& r : still.table("attack-parameters"))
            if (r.at("attack") == "mi-fgsm" && r.at("parameter") == "momentum")
                told = number(r, "value") == 0 && number(r, "default") == 1;
        QVERIFY(told);
        QVERIFY(still.file("spec.json").contains("\"momentum\""));
        QVERIFY2(
            still.error().contains("The parameters set for 'dim' change nothing: this run does not use it."),
            still.error().constData());
    }

    void takesScripts()
    {
        QVERIFY(assay::test::writeScript(m_folder.filePath("workspace"), "mi_fgsm"));
        const CliRun done =
            run("scripted", {"sources=fashion-cnn", "targets=fashion-cnn,fashion-vgg", "count=40", "eps=0.06",
                             "resamples=100", "attacks=mi-fgsm,script:mine"});
        QVERIFY2(done.status() == 0, done.error().constData());
        const std::vector<CsvRow> rows = done.table("matrix");
        QCOMPARE(rows.size(), std::size_t(4));
        for (std::size_t target = 0; target < 2; ++target) {
            QCOMPARE(rows[2 + target].at("attack"), std::string("script:mine"));
            QCOMPARE(rows[2 + target].at("success"), rows[target].at("success")); // its script is MI-FGSM
        }
        QVERIFY(!done.file("figures/matrix-script-mine.csv").isEmpty());
    }

    void unknownParametersAreNamed()
    {
        const CliRun refused = run("params", {R"(attack_params={"mi-fgsm":{"momentun":0.9}})"});
        QVERIFY(refused.status() != 0);
        QVERIFY2(refused.error().contains("'attack_params' sets 'momentun' of 'mi-fgsm', which has no such "
                                          "parameter. Did you mean 'momentum'?"),
                 refused.error().constData());
    }

    void unknownNormIsRefused()
    {
        const CliRun refused = run("refused", {"attacks=vmi-fgsm", "norm=l1"});
        QVERIFY(refused.status() != 0);
        QVERIFY2(refused.error().contains("vmi-fgsm") && refused.error().contains("l1"),
                 refused.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyMatrix)
#include "study_matrix.moc"
