#include "backend/models/detection/detector.h"
#include "backend/models/formats/model_format.h"
#include "backend/protocol/error.h"
#include "tests/backend/models/tfjs/float_files.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <fstream>
#include <map>

using namespace assay;
using namespace assay::models;

/// Detectors that PyTorch exported, as ONNX and TorchScript, against what PyTorch itself makes of them.
class TestDetectorImport : public QObject
{
    Q_OBJECT

private:
    using Tensors = std::map<std::string, torch::Tensor>;

    std::filesystem::path file(const std::string& name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }

    Tensors reference(const std::string& name) const
    {
        Tensors tensors;
        for (const auto& [key, shape] : m_index.at(name).items()) {
            if (shape.is_array())
                tensors[key] =
                    test::readFloats(file(name + "." + key), shape.get<std::vector<std::int64_t>>());
        }
        return tensors;
    }

    ModelImport inspected(const std::string& name, ModelCorrections corrections = {}) const
    {
        const auto path = file(m_index.at(name).at("file").get<std::string>());
        corrections.height = corrections.width = 64;
        return recogniseModel(path)->inspect(path, corrections);
    }

    static std::shared_ptr<const Model> opened(const ModelImport& import)
    {
        return std::make_shared<const Model>(
            modelFormat(import.card.format).load(import.card, import.card.file), import.card);
    }

    static bool says(const ModelImport& import, const std::string& part)
    {
        return std::ranges::any_of(import.findings, [&](const protocol::Finding& finding) {
            return finding.text.find(part) != std::string::npos;
        });
    }

    QTemporaryDir m_folder;
    Json m_index;

private Q_SLOTS:
    void initTestCase()
    {
        QProcess python;
        python.setProcessChannelMode(QProcess::MergedChannels);
        python.start(
            "/usr/bin/python3",
            {ASSAY_TEST_SOURCE_DIR "/tests/backend/models/formats/make_detectors.py", m_folder.path()});
        QVERIFY2(python.waitForFinished(240000) && python.exitCode() == 0, python.readAll().constData());
        m_index = Json::parse(std::ifstream(file("index.json")));
    }

    void layoutIsFoundAndBoxesAreThoseOfPyTorch_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("output");
        QTest::addColumn<int>("classes");
        QTest::newRow("yolov5 onnx") << "yolov5"
                                     << R"({"layout":"yolov5"})" << 3;
        QTest::newRow("yolov5 script with maps beside") << "yolov5_maps"
                                                        << R"({"layout":"yolov5","output":"0"})" << 3;
        QTest::newRow("yolov5 script of coco") << "yolov5_coco"
                                               << R"({"layout":"yolov5"})" << 80;
        QTest::newRow("yolov8 onnx") << "yolov8"
                                     << R"({"layout":"yolov8"})" << 3;
        QTest::newRow("boxes onnx")
            << "corners"
            << R"({"layout":"boxes","boxes":"dets","scores":"labels","fractions":true,"logits":true})" << 6;
        QTest::newRow("boxes script")
            << "corners_pair"
            << R"({"layout":"boxes","boxes":"0","scores":"1","fractions":true,"logits":true})" << 6;
        QTest::newRow("centernet onnx") << "points"
                                        << R"({"layout":"centernet","heat":"hm","size":"wh","offset":"reg",)"
                                           R"("stride":8,"unit":8,"distances":false})"
                                        << 4;
    }

    void layoutIsFoundAndBoxesAreThoseOfPyTorch()
    {
        QFETCH(QString, name);
        QFETCH(QString, output);
        QFETCH(int, classes);
        const ModelImport import = inspected(name.toStdString());
        QVERIFY2(import.asks.empty(), protocol::toJson(import.findings).dump(1).c_str());
        QVERIFY(import.card.task == Task::Detection);
        QCOMPARE(QString::fromStdString(import.card.output.dump()), output);
        QCOMPARE(import.card.classes.size(), std::size_t(classes));
        QVERIFY(says(import, "the network finds objects; its answer is read as "));
        const Tensors expected = reference(name.toStdString());
        const Detector detector(opened(import));
        const torch::Tensor x = expected.at("x").clone().requires_grad_(true);
        const Candidates found = detector.candidates(x);
        QVERIFY(test::relativeError(found.boxes, expected.at("boxes")) < 1e-4);
        QVERIFY(test::relativeError(found.scores, expected.at("scores")) < 1e-4);
        const torch::Tensor gradient =
            torch::autograd::grad({found.scores.sum() + 0.01 * found.boxes.sum()}, {x})[0];
        const double error = test::relativeError(gradient, expected.at("gradient"));
        QVERIFY2(error < 1e-3, qPrintable(QString::number(error)));
    }

    void eightyClassesAreCocosUnlessSaidOtherwise()
    {
        const ModelImport import = inspected("yolov5_coco");
        QCOMPARE(import.card.classes.front(), std::string("person"));
        QCOMPARE(import.card.classes.back(), std::string("toothbrush"));
        QVERIFY(says(import, "80 classes are taken to be those of COCO."));
        const ModelImport numbered = inspected("yolov5_coco", {.classNames = "numbers"});
        QCOMPARE(numbered.card.classes.front(), std::string("0"));
        QVERIFY(!says(numbered, "COCO"));
    }

    void anotherLayoutCanBeSaid()
    {
        // As corners with five columns of scores: wrong for this file, but the user's word counts.
        const ModelImport import = inspected("yolov5", {.output = Json{{"layout", "boxes"}}});
        QCOMPARE(import.card.output.at("layout").get<std::string>(), std::string("boxes"));
        QCOMPARE(import.card.classes.size(), std::size_t(4));
        QVERIFY(!says(import, "the network finds objects"));
        const ModelImport other = inspected("yolov5", {.output = Json{{"layout", "centernet"}}});
        QCOMPARE(other.asks, std::vector<std::string>{"stride"});
        const ModelImport wrong =
            inspected("yolov5", {.output = Json{{"layout", "centernet"}, {"stride", 8}}});
        QVERIFY2(says(wrong, "which is not the layout 'centernet'"),
                 protocol::toJson(wrong.findings).dump(1).c_str());
    }

    void aDetectorGivesNoLogits()
    {
        const auto model = opened(inspected("yolov8"));
        try {
            model->logits(torch::zeros({1, 3, 64, 64}));
            QFAIL("logits were given");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()),
                     QString("yolov8: finds objects and gives no class for an image, but its logits are "
                             "asked for. Choose a classifier."));
        }
    }

    void suppressionKeepsWhatTorchvisionKeeps()
    {
        const Tensors given = reference("nms");
        const auto box = given.at("boxes").accessor<float, 2>();
        const auto score = given.at("scores").accessor<float, 1>();
        const auto category = given.at("classes").accessor<float, 1>();
        const auto detection = [&](std::int64_t i) {
            return Detection{.x = box[i][0],
                             .y = box[i][1],
                             .width = box[i][2] - box[i][0],
                             .height = box[i][3] - box[i][1],
                             .score = score[i],
                             .category = static_cast<std::int32_t>(category[i])};
        };
        Detections all;
        for (std::int64_t i = 0; i < given.at("boxes").size(0); ++i)
            all.push_back(detection(i));
        const Detections found = suppressed(all, {.scoreAtLeast = 0, .iouAtMost = 0.45, .most = 10000});
        const torch::Tensor kept = given.at("kept");
        QVERIFY(kept.size(0) > 50 && kept.size(0) < 350);
        QCOMPARE(found.size(), static_cast<std::size_t>(kept.size(0)));
        for (std::size_t i = 0; i < found.size(); ++i)
            QVERIFY(found[i] ==
                    detection(static_cast<std::int64_t>(kept[static_cast<std::int64_t>(i)].item<float>())));
    }
};

QTEST_GUILESS_MAIN(TestDetectorImport)
#include "tst_detector_import.moc"
