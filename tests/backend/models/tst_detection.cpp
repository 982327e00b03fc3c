#include "backend/models/detection/detector.h"
#include "tests/support/sentence_of.h"

#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::models;
using assay::test::sentenceOf;

namespace {

ModelCard detectorCard(const Json& output, std::size_t classes)
{
    ModelCard card;
    card.name = "finder";
    card.task = Task::Detection;
    card.output = output;
    for (std::size_t k = 0; k < classes; ++k)
        card.classes.push_back(std::to_string(k));
    return card;
}

Candidates read(const torch::Tensor& raw, const Json& output, std::size_t classes)
{
    const ModelCard card = detectorCard(output, classes);
    return decoded(raw, readOutputLayout(card), card, 32, 64);
}

/// A network that answers with its images, put into the shape [N,..].
class Answering final : public Network
{
public:
    explicit Answering(std::vector<std::int64_t> shape)
        : m_shape(std::move(shape))
    {}
    torch::Tensor forward(const torch::Tensor& x, const TapSink*) override
    {
        std::vector<std::int64_t> shape = {x.size(0)};
        shape.insert(shape.end(), m_shape.begin(), m_shape.end());
        return x.reshape(shape);
    }
    std::vector<std::string> taps() const override { return {}; }

private:
    std::vector<std::int64_t> m_shape;
};

std::vector<float> values(const torch::Tensor& tensor)
{
    const torch::Tensor flat = tensor.detach().contiguous().flatten();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

} // namespace

/// Decoding by hand results, suppression, and what a detector refuses.
class TestDetection : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void overlapByHand()
    {
        const Detection a{.x = 0, .y = 0, .width = 4, .height = 4};
        QCOMPARE(intersectionOverUnion(a, a), 1.0);
        QCOMPARE(intersectionOverUnion(a, {.x = 2, .y = 0, .width = 4, .height = 4}), 8.0 / 24.0);
        QCOMPARE(intersectionOverUnion(a, {.x = 4, .y = 0, .width = 4, .height = 4}), 0.0);
        QCOMPARE(intersectionOverUnion(a, {.x = 1, .y = 1, .width = 0, .height = 2}), 0.0);
        QCOMPARE(intersectionOverUnion(a, {.x = 1, .y = 1, .width = -2, .height = 2}), 0.0);
    }

    void suppressionIsGreedyAndByClass()
    {
        const auto at = [](float x, float score, int category) {
            return Detection{.x = x, .y = 0, .width = 10, .height = 10, .score = score, .category = category};
        };
        const float nan = std::numeric_limits<float>::quiet_NaN();
        // The second overlaps the first by 0.67, the third the second but not the first.
        const Detections found = {at(4, 0.5F, 0), at(0, 0.9F, 0),   at(2, 0.7F, 0),
                                  at(1, 0.6F, 1), at(50, 0.01F, 0), at(80, nan, 0)};
        const Detections kept = suppressed(found, {.scoreAtLeast = 0.05, .iouAtMost = 0.6, .most = 9});
        QCOMPARE(kept, (Detections{at(0, 0.9F, 0), at(1, 0.6F, 1), at(4, 0.5F, 0)}));
        QCOMPARE(suppressed(found, {.scoreAtLeast = 0.05, .iouAtMost = 0.6, .most = 1}),
                 Detections{at(0, 0.9F, 0)});
        // Ties go to the earlier one.
        QCOMPARE(suppressed({at(1, 0.5F, 0), at(0, 0.5F, 0)}, {}), Detections{at(1, 0.5F, 0)});
        QVERIFY(suppressed(found, {.most = 0}).empty());
    }

    void gridByHand()
    {
        // Two classes, one row of two cells. Class 1 in the second cell: half a cell to the right.
        torch::Tensor raw = torch::zeros({1, 10, 1, 2});
        raw[0][5][0][1] = std::log(3.0); // logit of 0.75
        raw[0][6][0][1] = 0.5;           // dx
        raw[0][8][0][1] = std::log(2.0); // width of two units
        const Candidates found = read(raw, {{"layout", "grid"}, {"stride", 8}, {"unit", 16}}, 2);
        QCOMPARE(found.boxes.sizes().vec(), (std::vector<std::int64_t>{1, 4, 4}));
        QCOMPARE(values(found.boxes[0][0]), (std::vector<float>{-4, -4, 12, 12}));
        QCOMPARE(values(found.boxes[0][3]), (std::vector<float>{0, -4, 32, 12}));
        QVERIFY(
            torch::allclose(found.scores[0], torch::tensor({{0.5, 0.0}, {0.5, 0.0}, {0.0, 0.5}, {0.0, 0.75}},
                                                           torch::kFloat32)));
        QVERIFY(torch::allclose(found.objectness[0], torch::tensor({0.5, 0.5, 0.5, 0.75}, torch::kFloat32)));
    }

    void rowsByHand()
    {
        const torch::Tensor row = torch::tensor({{{20.F, 10.F, 8.F, 4.F, 0.5F, 0.25F, 0.75F}}});
        const Candidates five = read(row, {{"layout", "yolov5"}}, 2);
        QCOMPARE(values(five.boxes), (std::vector<float>{16, 8, 24, 12}));
        QCOMPARE(values(five.scores), (std::vector<float>{0.125, 0.375}));
        QCOMPARE(values(five.objectness), std::vector<float>{0.5});
        const Candidates eight = read(row.transpose(1, 2), {{"layout", "yolov8"}}, 3);
        QCOMPARE(values(eight.boxes), (std::vector<float>{16, 8, 24, 12}));
        QCOMPARE(values(eight.scores), (std::vector<float>{0.5, 0.25, 0.75}));
        QVERIFY(!eight.objectness.defined());
        const torch::Tensor share = torch::tensor({{{0.25F, 0.5F, 0.75F, 1.F, 0.F}}});
        const Candidates boxes = read(share, {{"layout", "boxes"}, {"fractions", true}, {"logits", true}}, 1);
        QCOMPARE(values(boxes.boxes), (std::vector<float>{16, 16, 48, 32}));
        QCOMPARE(values(boxes.scores), std::vector<float>{0.5});
    }

    void heatMapByHand()
    {
        torch::Tensor raw = torch::zeros({1, 5, 2, 3});
        raw[0][0] = torch::tensor({{0.1F, 0.2F, 0.F}, {0.F, 0.3F, 0.9F}});
        for (int side = 0; side < 4; ++side)
            raw[0][1 + side][1][2] = side + 1;
        const Json output = {{"layout", "centernet"}, {"stride", 4}, {"distances", true}};
        const Candidates four = read(raw, output, 1);
        QCOMPARE(values(four.boxes[0][5]), (std::vector<float>{8 - 1, 4 - 2, 8 + 3, 4 + 4}));
        QCOMPARE(values(four.scores[0][5]), std::vector<float>{0.9F});
        // Only the peak is reported; every cell is a candidate.
        QCOMPARE(four.reported.sum().item<std::int64_t>(), 1);
        const auto found = chosen(four, {.scoreAtLeast = 0.05});
        QCOMPARE(found.front(), (Detections{{.x = 7, .y = 2, .width = 4, .height = 6, .score = 0.9F}}));
        const Candidates two = read(raw,
                                    {{"layout", "centernet"},
                                     {"stride", 4},
                                     {"unit", 4},
                                     {"heat", "h"},
                                     {"size", "s"},
                                     {"offset", "o"}},
                                    1);
        // Width 1 and height 2 cells, moved by 3 and 4 cells.
        QCOMPARE(values(two.boxes[0][5]), (std::vector<float>{20 - 2, 20 - 4, 20 + 2, 20 + 4}));
    }

    void gradientsComeThrough_data()
    {
        QTest::addColumn<QString>("output");
        QTest::addColumn<int>("classes");
        QTest::newRow("grid") << R"({"layout":"grid","stride":8,"unit":16})" << 4;
        QTest::newRow("centernet") << R"({"layout":"centernet","stride":8,"logits":true})" << 18;
        QTest::newRow("yolov5") << R"({"layout":"yolov5"})" << 3;
        QTest::newRow("yolov8") << R"({"layout":"yolov8","logits":true})" << 4;
        QTest::newRow("boxes") << R"({"layout":"boxes","fractions":true})" << 4;
    }

    void gradientsComeThrough()
    {
        QFETCH(QString, output);
        QFETCH(int, classes);
        const ModelCard card = detectorCard(Json::parse(output.toStdString()), std::size_t(classes));
        const OutputLayout layout = readOutputLayout(card);
        const bool isMap = layout.form == LayoutForm::Grid || layout.form == LayoutForm::CenterNet;
        const auto shape = isMap ? std::vector<std::int64_t>{20, 2, 4} : std::vector<std::int64_t>{20, 8};
        const auto rows =
            layout.form == LayoutForm::YoloV8 || isMap ? shape : std::vector<std::int64_t>{20, 8};
        auto network = std::make_shared<Answering>(
            layout.form == LayoutForm::YoloV8 ? std::vector<std::int64_t>{8, 20} : rows);
        const Detector detector(std::make_shared<const Model>(network, card));
        torch::Tensor x =
            torch::rand({2, 5, 4, 8}, torch::TensorOptions(torch::kFloat32)).requires_grad_(true);
        const Candidates found = detector.candidates(x);
        QCOMPARE(found.boxes.size(2), 4);
        QCOMPARE(found.scores.size(2), classes);
        QCOMPARE(found.boxes.size(1), found.scores.size(1));
        const torch::Tensor weights = torch::linspace(0.5, 1.5, found.boxes.numel()).view_as(found.boxes);
        const torch::Tensor gradient =
            torch::autograd::grad({(found.boxes * weights).sum() + found.scores.sum()}, {x})[0];
        // Every number of the answer moves a box or a score.
        QVERIFY(gradient.ne(0).all().item<bool>());
    }

    void detectGoesThroughAllImages()
    {
        const Json output = {{"layout", "boxes"}};
        auto network = std::make_shared<Answering>(std::vector<std::int64_t>{1, 5});
        const Detector detector(std::make_shared<const Model>(network, detectorCard(output, 1)));
        torch::Tensor x = torch::zeros({130, 5, 1, 1});
        for (int i = 0; i < 130; ++i) {
            x[i][2][0][0] = i + 1;
            x[i][3][0][0] = 2;
            x[i][4][0][0] = i % 2 ? 0.5 : 0.0;
        }
        const auto found = detector.detect(x);
        QCOMPARE(found.size(), std::size_t(130));
        for (std::size_t i = 0; i < found.size(); ++i) {
            QCOMPARE(found[i].size(), i % 2);
            if (i % 2)
                QCOMPARE(found[i][0].width, float(i + 1));
        }
        x.fill_(std::numeric_limits<float>::infinity()); // of infinite size: no box
        QVERIFY(detector.detect(x.narrow(0, 0, 1)).front().empty());
    }

    void whatCannotBeReadIsASentence_data()
    {
        QTest::addColumn<QString>("output");
        QTest::addColumn<QString>("sentence");
        const QString mend = " Import the file again and say how its answer is laid out.";
        QTest::newRow("nothing") << "{}"
                                 << "finder: is a detector whose card does not say how its answer is laid "
                                    "out. Known layouts: grid, yolov5, yolov8, boxes, centernet.";
        QTest::newRow("unknown") << R"({"layout":"ssd"})"
                                 << "finder: its answer is said to be laid out as 'ssd', which is no known "
                                    "layout. Known layouts: grid, yolov5, yolov8, boxes, centernet.";
        QTest::newRow("type") << R"({"layout":7})"
                              << "finder: field 'layout' must be a text. Correct the card's 'output'.";
        QTest::newRow("stride") << R"({"layout":"grid","stride":0})"
                                << "finder: the layout's 'stride' is 0; it must be 1 to 4096 pixels." + mend;
        QTest::newRow("no stride") << R"({"layout":"centernet"})"
                                   << "finder: field 'stride' is missing. Correct the card's 'output'.";
        QTest::newRow("unit") << R"({"layout":"grid","stride":8,"unit":-1})"
                              << "finder: field 'unit' must be a number greater than 0. Correct the card's "
                                 "'output'.";
        QTest::newRow("half a pair") << R"({"layout":"centernet","stride":8,"heat":"hm"})"
                                     << "finder: the layout must name both 'heat' and 'size', or neither." +
                                            mend;
        QTest::newRow("half a pair of boxes")
            << R"({"layout":"boxes","scores":"s"})"
            << "finder: the layout must name both 'boxes' and 'scores', or neither." + mend;
        QTest::newRow("shape") << R"({"layout":"yolov5"})"
                               << "finder: answers with 1 x 8 x 4 numbers, but the layout 'yolov5' with 2 "
                                  "classes is images x candidates x 7." +
                                      mend;
        QTest::newRow("rank") << R"({"layout":"grid","stride":8})"
                              << "finder: answers with 1 x 8 x 4 numbers, but the layout 'grid' with 2 "
                                 "classes is images x 10 x rows x columns." +
                                     mend;
    }

    void whatCannotBeReadIsASentence()
    {
        QFETCH(QString, output);
        QFETCH(QString, sentence);
        const Json json = Json::parse(output.toStdString());
        QCOMPARE(sentenceOf([&] { read(torch::zeros({1, 8, 4}), json, 2); }), sentence);
    }

    void onlyDetectorsDetect()
    {
        ModelCard card = detectorCard({{"layout", "boxes"}}, 2);
        card.task = Task::Classification;
        const auto classifier =
            std::make_shared<const Model>(std::make_shared<Answering>(std::vector<std::int64_t>{2}), card);
        QCOMPARE(sentenceOf([&] { const Detector detector(classifier); }),
                 QString("finder: gives classes for a whole image and finds no objects in it. Choose a "
                         "detector."));
        card = detectorCard({{"layout", "boxes"}}, 0);
        const auto nameless =
            std::make_shared<const Model>(std::make_shared<Answering>(std::vector<std::int64_t>{2}), card);
        QCOMPARE(sentenceOf([&] { const Detector detector(nameless); }),
                 QString("finder: is a detector without classes. Import the file again with their names."));
    }
};

QTEST_GUILESS_MAIN(TestDetection)
#include "tst_detection.moc"
