#include "plugins/calibration/reliability_live.h"
#include "plugins/calibration/reliability_params.h"
#include "plugins/calibration/reliability_study.h"
#include "tests/plugins/transfer/cli_run.h"
#include "tests/plugins/transfer/recording_context.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <set>

using assay::test::CliRun;
using assay::test::CsvRow;
using assay::test::number;

/// Reliability of a zoo model and of a file of logits, through the command line.
class StudyReliability : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    CliRun run(const QString& name, const QStringList& settings)
    {
        return {m_folder.filePath("workspace"), m_folder.filePath(name), "calibration.reliability", settings};
    }
    std::unique_ptr<assay::test::RecordingContext> previewed(const QString& name,
                                                             assay::confidence::ReliabilityParams params)
    {
        const auto study = assay::confidence::makeReliabilityStudy();
        auto context = std::make_unique<assay::test::RecordingContext>(m_folder.filePath(name).toStdString());
        study->preview(*context, assay::protocol::writeParams(std::move(params)));
        return context;
    }
    static const assay::protocol::Layer& layerOf(const assay::protocol::Figure& figure,
                                                 const std::string& name)
    {
        const auto it = std::ranges::find(figure.layers, name, &assay::protocol::Layer::name);
        if (it == figure.layers.end())
            throw std::runtime_error("no layer " + name);
        return *it;
    }

private Q_SLOTS:
    void initTestCase()
    {
        const CliRun done = run("zoo", {"model=fashion-cnn-early", "count=3000", "resamples=200"});
        QVERIFY2(done.status() == 0, done.error().constData());
        QProcess python;
        python.start("/usr/bin/python3",
                     {ASSAY_TEST_SOURCE_DIR "/tests/plugins/calibration/make_logits.py", m_folder.path()});
        QVERIFY(python.waitForFinished(120000));
        QVERIFY2(python.exitCode() == 0, python.readAllStandardError().constData());
        const CliRun logits = run("logits", {"model=" + m_folder.filePath("too_sure.npz"), "resamples=200"});
        QVERIFY2(logits.status() == 0, logits.error().constData());
    }

    void aFileOfLogitsGivesTheNumbersOfOtherFormulas()
    {
        QFile file(m_folder.filePath("expected.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonObject expected = QJsonDocument::fromJson(file.readAll()).object();
        QCOMPARE(expected.size(), 9);
        QFile written(m_folder.filePath("logits/metrics.json"));
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QJsonObject metrics = QJsonDocument::fromJson(written.readAll()).object();
        for (auto it = expected.begin(); it != expected.end(); ++it) {
            QVERIFY2(metrics.contains(it.key()), qPrintable(it.key()));
            QVERIFY2(std::abs(metrics[it.key()].toDouble() - it.value().toDouble()) < 1e-6,
                     qPrintable(it.key()));
        }
        // The logits were made twice too large.
        QVERIFY(std::abs(metrics["temperature"].toDouble() - 2) < 0.15);
    }

    void binsHoldEverySampleOnce()
    {
        for (const QString name : {"zoo", "logits"}) {
            const std::vector<CsvRow> bins = CliRun::tableIn(m_folder.filePath(name), "bins");
            QCOMPARE(bins.size(), std::size_t(15));
            double n = 0, error = 0;
            for (const CsvRow& bin : bins) {
                n += number(bin, "n");
                if (number(bin, "n") == 0) {
                    QVERIFY(std::isnan(number(bin, "accuracy")) && std::isnan(number(bin, "confidence")));
                    continue;
                }
                error += number(bin, "n") * std::abs(number(bin, "accuracy") - number(bin, "confidence"));
                QVERIFY(number(bin, "confidence") > number(bin, "lower") &&
                        number(bin, "confidence") <= number(bin, "upper"));
                QVERIFY(number(bin, "low") <= number(bin, "accuracy") &&
                        number(bin, "accuracy") <= number(bin, "high"));
            }
            QCOMPARE(n, 3000.0);
            QFile file(m_folder.filePath(name + "/metrics.json"));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const double ece = QJsonDocument::fromJson(file.readAll()).object()["ece"].toDouble();
            QVERIFY(std::abs(error / n - ece) < 1e-9);
        }
    }

    /// Brier's parts sum to the score, and the curve ends where everything is answered.
    void partsSumToTheWhole()
    {
        for (const QString name : {"zoo", "logits"}) {
            std::map<std::string, double> parts;
            for (const CsvRow& row : CliRun::tableIn(m_folder.filePath(name), "details"))
                parts[row.at("metric")] = number(row, "value");
            QFile file(m_folder.filePath(name + "/metrics.json"));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QJsonObject metrics = QJsonDocument::fromJson(file.readAll()).object();
            const double sum = parts.at("brier_reliability") - parts.at("brier_resolution") +
                               parts.at("brier_uncertainty") + parts.at("brier_variance") -
                               parts.at("brier_covariance");
            QVERIFY(std::abs(sum - metrics["brier"].toDouble()) < 1e-9);
            QVERIFY(parts.at("ece_debiased") >= 0 && parts.at("ece_kernel") > 0);
            QVERIFY(parts.at("excess_aurc") > 0 && parts.at("excess_aurc") < metrics["aurc"].toDouble());
            const auto context = previewed(name, {.count = 3000});
            const assay::protocol::Layer& curve = layerOf(context->figureOf("risk-coverage"), "Confidence");
            QCOMPARE(curve.x.back(), 100.0);
            QVERIFY(std::abs(curve.y.back() - 100 * (1 - metrics["accuracy"].toDouble())) < 1e-9);
            QVERIFY(curve.x.size() > 100 && curve.x.size() < 500);
            QVERIFY(curve.y[curve.y.size() / 2] < curve.y.back());
            const assay::protocol::Layer& best = layerOf(context->figureOf("risk-coverage"), "Best order");
            for (std::size_t i = 0; i < curve.x.size(); ++i)
                QVERIFY(best.y[i] <= curve.y[i] + 1e-9);
        }
    }

    /// Stopped early without calibration, the network is too sure; a temperature found on the other half
    /// helps.
    void aFittedTemperatureRepairsTheZooModel()
    {
        const std::vector<CsvRow> rows = CliRun::tableIn(m_folder.filePath("zoo"), "held-out");
        QCOMPARE(rows.size(), std::size_t(2));
        qInfo("ECE %s -> %s at temperature %s", rows[0].at("ece").c_str(), rows[1].at("ece").c_str(),
              rows[1].at("temperature").c_str());
        QVERIFY(number(rows[1], "temperature") > 1.05);
        for (const char* metric : {"ece", "ece_equal_mass", "ks", "nll"})
            QVERIFY2(number(rows[1], metric) < number(rows[0], metric), metric);
        QCOMPARE(rows[1].at("accuracy"), rows[0].at("accuracy"));
        QCOMPARE(number(rows[0], "n"), 1500.0);
    }

    void marksNameTheirSamples()
    {
        const auto context = previewed("zoo", {.count = 3000, .bins = 10});
        for (const char* name : {"reliability-equal-width", "reliability-equal-mass"}) {
            const assay::protocol::Layer& points = layerOf(context->figureOf(name), "Accuracy");
            std::set<std::int64_t> ids(points.samples.ids.begin(), points.samples.ids.end());
            QCOMPARE(ids.size(), std::size_t(3000));
            for (std::size_t b = 0; b < points.x.size(); ++b)
                QCOMPARE(static_cast<double>(points.samples.of(b).size()), points.denominator[b]);
        }
        const assay::protocol::Figure& histogram = context->figureOf("confidence");
        const auto& wrong = layerOf(histogram, "wrong");
        QCOMPARE(std::accumulate(wrong.y.begin(), wrong.y.end(), 0.0),
                 static_cast<double>(wrong.samples.ids.size()));
    }

    void emptyBinsAreShownAsEmpty()
    {
        const auto context = previewed("zoo", {.count = 3000, .bins = 15});
        const assay::protocol::Figure& diagram = context->figureOf("reliability-equal-width");
        const auto empty = layerOf(diagram, "Empty bin").x.size();
        QVERIFY(empty >= 1); // of ten classes the largest probability is at least a tenth
        QCOMPARE(empty + layerOf(diagram, "Accuracy").x.size(), std::size_t(15));
        QVERIFY(diagram.caption.find("(b/15, (b+1)/15]") != std::string::npos);
    }

    void previewsFollowTheTemperature()
    {
        double last = 101;
        for (const double temperature : {1.0, 3.0, 20.0}) {
            const auto context = previewed("zoo", {.count = 3000, .bins = 15, .temperature = temperature});
            const assay::protocol::Figure& histogram = context->figureOf("confidence");
            const double mean = layerOf(histogram, "Means").x.at(0);
            QVERIFY(mean < last);
            last = mean;
        }
        const auto bag = previewed("zoo", {.count = 3000, .binning = "equal-mass", .viewClass = "Bag"});
        QVERIFY(bag->figureOf("reliability-class").title.find("Bag") != std::string::npos);
        QCOMPARE(bag->figureOf("class-gaps").layers[0].z.size(), std::size_t(10 * 15));
    }

    /// One study object, as the engine keeps it: what it keeps of the last run answers the next preview.
    void previewsReadTheRunOnce()
    {
        const auto study = assay::confidence::makeReliabilityStudy();
        assay::confidence::ReliabilityParams params;
        int loads = 0;
        for (int bins = 5; bins < 25; ++bins) {
            params.bins = bins;
            assay::test::RecordingContext context(m_folder.filePath("zoo").toStdString());
            study->preview(context, assay::protocol::writeParams(params));
            loads += context.loads;
            QCOMPARE(context.figureOf("class-gaps").layers[0].columns, static_cast<std::uint32_t>(bins));
            // A bin still opens its images.
            QCOMPARE(context.figureOf("reliability-equal-width").opens, std::string("samples"));
        }
        QCOMPARE(loads, 1);
    }

    /// More samples than are sorted between two frames: what a slider shows is what sorting would show.
    void manySamplesAreBinnedWithoutSorting()
    {
        using namespace assay::confidence;
        constexpr std::int64_t kSamples = ReliabilityScene::kMostLinked + 1;
        ReliabilityResults results;
        results.answers = {.model = "made", .classes = {"a", "b", "c"}};
        results.answers.logits =
            (torch::arange(3 * kSamples, torch::kFloat64).view({-1, 3}) * 0.7).sin().to(torch::kFloat32) * 4;
        results.answers.ids = torch::arange(kSamples, torch::kInt64);
        results.answers.labels = results.answers.ids * 7 % 3;
        results.fitted = torch::zeros({kSamples}, torch::kBool);
        const std::filesystem::path folder = m_folder.filePath("many").toStdString();
        std::filesystem::create_directories(folder / "artifacts");
        const auto tensors = toTensors(results);
        assay::models::writeSafetensors(folder / "artifacts/outcomes.safetensors",
                                        {tensors.begin(), tensors.end()});

        const auto study = makeReliabilityStudy();
        for (const double temperature : {1.0, 2.5}) {
            assay::test::RecordingContext context(folder);
            study->preview(context,
                           assay::protocol::writeParams(ReliabilityParams{.temperature = temperature}));
            const ReliabilityScene sorted(results, temperature);
            for (const auto binning :
                 {assay::metrics::Binning::EqualWidth, assay::metrics::Binning::EqualMass}) {
                const assay::protocol::Figure expected = diagramFigure(sorted, binning, 15);
                const assay::protocol::Figure& found = context.figureOf(expected.name);
                QCOMPARE(found.caption, expected.caption);
                QCOMPARE(found.layers.size(), expected.layers.size());
                for (std::size_t l = 0; l < found.layers.size(); ++l) {
                    QCOMPARE(found.layers[l].labels, expected.layers[l].labels);
                    QCOMPARE(found.layers[l].denominator, expected.layers[l].denominator);
                    QCOMPARE(found.layers[l].count, expected.layers[l].count);
                }
            }
            const auto tempered = std::make_shared<assay::metrics::TemperedLogits>(results.answers.logits,
                                                                                   results.answers.labels);
            const CalibrationNumbers live = liveNumbers({results, temperature, tempered}, 15);
            const CalibrationNumbers all = liveNumbers(sorted, 15);
            std::set<std::string> missing;
            for (std::size_t i = 0; i < all.values.size(); ++i) {
                if (std::isnan(live.values[i]))
                    missing.insert(metricKey(reportedMetrics()[i]));
                else
                    QVERIFY(std::abs(live.values[i] - all.values[i]) < 1e-9);
            }
            QCOMPARE(missing, (std::set<std::string>{"ece_classwise", "ks", "smece", "auroc", "aurc"}));
        }
    }

    void predictionsWithoutLabelsThatFitNothingAreRefused()
    {
        QFile csv(m_folder.filePath("bare.csv"));
        QVERIFY(csv.open(QIODevice::WriteOnly));
        csv.write("logit_a,logit_b\n1.5,0.5\n-0.5,2.5\n");
        csv.close();
        const CliRun refused = run("bare", {"model=" + m_folder.filePath("bare.csv")});
        QCOMPARE(refused.status(), 1);
        QVERIFY2(refused.error().contains("2 predictions without labels"), refused.error().constData());
    }
};

QTEST_GUILESS_MAIN(StudyReliability)
#include "study_reliability.moc"
