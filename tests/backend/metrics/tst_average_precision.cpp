#include "backend/metrics/average_precision.h"
#include "backend/metrics/draws.h"
#include "backend/metrics/statistics.h"
#include "backend/protocol/error.h"

#include <QTest>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

using namespace assay;
using namespace assay::metrics;

namespace {

const Rectangle kBox = {10, 10, 20, 20};

/// kBox moved to the right, so that it overlaps kBox by (20 - d) / (20 + d).
Rectangle movedBy(double d)
{
    return {10 + d, 10, 20, 20};
}

Rectangle elsewhere(int i)
{
    return {100.0 * i, 500, 20, 20};
}

std::vector<DetectedImage> randomImages(int count, std::uint64_t seed)
{
    Draws draws(seed);
    const auto box = [&] {
        return Rectangle{double(draws.below(60)), double(draws.below(60)), double(10 + draws.below(30)),
                         double(10 + draws.below(30))};
    };
    std::vector<DetectedImage> images(static_cast<std::size_t>(count));
    int found = 0;
    for (DetectedImage& image : images) {
        for (std::int64_t t = draws.below(5); t > 0; --t)
            image.truths.push_back({box(), static_cast<std::int32_t>(draws.below(2))});
        for (const TrueObject& truth : image.truths) {
            Rectangle near = truth.box;
            near.x += static_cast<double>(draws.below(9)) - 4;
            near.height += static_cast<double>(draws.below(9)) - 4;
            if (draws.below(4) > 0)
                image.found.push_back({near, 0, truth.category});
        }
        for (std::int64_t f = draws.below(4); f > 0; --f)
            image.found.push_back({box(), 0, static_cast<std::int32_t>(draws.below(2))});
        for (FoundObject& one : image.found) // all different
            one.score = static_cast<double>(draws.below(1000)) / 1000 + ++found * 1e-7;
    }
    return images;
}

/// The algorithm as pycocotools writes it (evaluateImg and accumulate), in its own arrays: an independent
/// second form. -1 without truths.
double cocoPrecision(const std::vector<DetectedImage>& images, const MatchRule& rule)
{
    std::vector<std::pair<double, int>> all; // score and 1: matched, 0: false alarm
    int positives = 0;
    for (const DetectedImage& image : images) {
        std::vector<std::pair<Rectangle, bool>> gt; // with "ignore"
        for (const TrueObject& t : image.truths) {
            const double area = t.box.width * t.box.height;
            if (t.category == rule.category)
                gt.emplace_back(t.box, area < rule.area.least || area > rule.area.most);
        }
        std::stable_sort(gt.begin(), gt.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
        std::vector<FoundObject> dt;
        for (const FoundObject& f : image.found) {
            if (f.category == rule.category)
                dt.push_back(f);
        }
        std::stable_sort(dt.begin(), dt.end(),
                         [](const FoundObject& a, const FoundObject& b) { return a.score > b.score; });
        if (dt.size() > static_cast<std::size_t>(rule.most))
            dt.resize(static_cast<std::size_t>(rule.most));
        std::vector<int> gtm(gt.size(), -1);
        for (std::size_t d = 0; d < dt.size(); ++d) {
            double iou = std::min(rule.iou, 1 - 1e-10);
            int m = -1;
            for (std::size_t g = 0; g < gt.size(); ++g) {
                if (gtm[g] >= 0)
                    continue;
                if (m > -1 && !gt[static_cast<std::size_t>(m)].second && gt[g].second)
                    break;
                const double overlap = intersectionOverUnion(dt[d].box, gt[g].first);
                if (overlap < iou)
                    continue;
                iou = overlap;
                m = static_cast<int>(g);
            }
            bool ignored = false;
            if (m > -1) {
                ignored = gt[static_cast<std::size_t>(m)].second;
                gtm[static_cast<std::size_t>(m)] = static_cast<int>(d);
            } else {
                const double area = dt[d].box.width * dt[d].box.height;
                ignored = area < rule.area.least || area > rule.area.most;
            }
            if (!ignored)
                all.emplace_back(dt[d].score, m > -1 ? 1 : 0);
        }
        positives += static_cast<int>(
            std::count_if(gt.begin(), gt.end(), [](const auto& one) { return !one.second; }));
    }
    if (positives == 0)
        return -1;
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<double> recall, precision;
    double tp = 0, fp = 0;
    for (const auto& one : all) {
        (one.second ? tp : fp) += 1;
        recall.push_back(tp / positives);
        precision.push_back(tp / (fp + tp + 2.220446049250313e-16));
    }
    for (std::size_t i = precision.size(); i-- > 1;)
        precision[i - 1] = std::max(precision[i - 1], precision[i]);
    double sum = 0;
    for (int r = 0; r <= 100; ++r) {
        const auto at = std::lower_bound(recall.begin(), recall.end(), r / 100.0 - 1e-12);
        sum += at == recall.end() ? 0 : precision[static_cast<std::size_t>(at - recall.begin())];
    }
    return sum / 101;
}

QString precisionSentence(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

} // namespace

class TestAveragePrecision : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void overlapByHand()
    {
        QCOMPARE(intersectionOverUnion(kBox, kBox), 1.0);
        QCOMPARE(intersectionOverUnion(kBox, movedBy(5)), 15.0 / 25.0);
        QCOMPARE(intersectionOverUnion(kBox, movedBy(20)), 0.0);
        QCOMPARE(intersectionOverUnion(kBox, {10, 10, 0, 20}), 0.0);
    }

    /// Three truths on two images; found in the order of score: right, wrong, right. Precision is 1 up to a
    /// recall of 1/3, 2/3 up to 2/3, and 0 beyond: 34 and 33 of 101 steps.
    void areaUnderTheCurveByHand()
    {
        const std::vector<DetectedImage> images = {
            {.truths = {{kBox}, {elsewhere(1)}}, .found = {{kBox, 0.9}, {elsewhere(3), 0.8}}},
            {.truths = {{kBox}}, .found = {{movedBy(1), 0.7}}}};
        const Matches matches(images, {});
        QCOMPARE(*matches.averagePrecision(), (34 + 33 * 2.0 / 3) / 101);
        const auto curve = matches.curve();
        QCOMPARE(curve.size(), 3u);
        QCOMPARE(curve[1].recall, 1.0 / 3);
        QCOMPARE(curve[1].precision, 0.5);
        QCOMPARE(curve[2].precision, 2.0 / 3);
        QCOMPARE(matches.interpolated()[34], 2.0 / 3);
        QCOMPARE(matches.interpolated()[67], 0.0);
        // VOC: of eleven recalls four have 1 (0 .. 0.3) and three 2/3; and the areas of the two steps.
        QCOMPARE(*matches.elevenPointPrecision(), (4 + 3 * 2.0 / 3) / 11);
        QCOMPARE(*matches.allPointPrecision(), (1 + 2.0 / 3) / 3);
    }

    void everyTruthIsUsedOnce()
    {
        const std::vector<DetectedImage> images = {{.truths = {{kBox}}, .found = {{kBox, 0.5}, {kBox, 0.9}}}};
        const Matches matches(images, {});
        QCOMPARE(matches.at(0).matched, 1);
        QCOMPARE(matches.at(0).falseAlarms, 1);
        QCOMPARE(*matches.outcomes()[0].by, 1);
        QCOMPARE(*matches.outcomes()[0].score, 0.9);
    }

    /// The surer one takes the truth it overlaps most, though the other overlaps only that one.
    void surerOnesChooseFirst()
    {
        const std::vector<DetectedImage> images = {
            {.truths = {{kBox}, {movedBy(8)}}, .found = {{movedBy(3), 0.9}, {movedBy(-2), 0.8}}}};
        QCOMPARE(Matches(images, {}).at(0).matched, 1);
    }

    void justTheThresholdIsEnough()
    {
        const std::vector<DetectedImage> images = {{.truths = {{kBox}}, .found = {{{10, 10, 20, 10}, 0.9}}}};
        QCOMPARE(Matches(images, {.iou = 0.5}).at(0).matched, 1);
        QCOMPARE(Matches(images, {.iou = 0.51}).at(0).matched, 0);
        const std::vector<DetectedImage> same = {{.truths = {{kBox}}, .found = {{kBox, 0.9}}}};
        QCOMPARE(Matches(same, {.iou = 1}).at(0).matched, 1);
    }

    void withoutTruthsThereIsNothingToSay()
    {
        const std::vector<DetectedImage> images = {{.truths = {}, .found = {{kBox, 0.9}}}};
        const Matches matches(images, {});
        QVERIFY(!matches.averagePrecision());
        QVERIFY(matches.curve().empty() && matches.interpolated().empty());
        QVERIFY(std::isnan(matches.at(0).missRate()));
        QCOMPARE(matches.at(0).falseAlarms, 1);
        QVERIFY(!meanAveragePrecision(std::vector{matches}));
        // A class that does not occur takes no part in the mean.
        const std::vector<DetectedImage> one = {{.truths = {{kBox, 1}}, .found = {{kBox, 0.9, 1}}}};
        QCOMPARE(*meanAveragePrecision(matchesOf(one, std::vector{0.5}, 3)), 1.0);
    }

    void nothingFoundIsZero()
    {
        const std::vector<DetectedImage> images = {{.truths = {{kBox}}, .found = {}}};
        QCOMPARE(*Matches(images, {}).averagePrecision(), 0.0);
        QCOMPARE(Matches(images, {}).at(0).missRate(), 1.0);
        QVERIFY(std::isnan(Matches(images, {}).at(0).precision()));
    }

    void mostLimitsEveryImage()
    {
        const std::vector<DetectedImage> images = {
            {.truths = {{kBox}}, .found = {{elsewhere(1), 0.9}, {kBox, 0.8}}}};
        QCOMPARE(Matches(images, {.most = 1}).at(0).matched, 0);
        QCOMPARE(Matches(images, {.most = 2}).at(0).matched, 1);
    }

    void areasOutsideDoNoHarm()
    {
        const Rectangle small = {200, 200, 5, 5};
        const std::vector<DetectedImage> images = {
            {.truths = {{kBox}, {small}},
             .found = {{small, 0.9}, {{300, 300, 4, 4}, 0.8}, {kBox, 0.7}, {elsewhere(2), 0.6}}}};
        const Matches large(images, {.area = {.least = 100}});
        QCOMPARE(large.truths(), 1);
        QCOMPARE(large.at(0).matched, 1);
        QCOMPARE(large.at(0).falseAlarms, 1);
        QCOMPARE(*large.averagePrecision(), 1.0);
        QCOMPARE(Matches(images, {.area = {.most = 99}}).truths(), 1);
    }

    void countsAtAThreshold()
    {
        const std::vector<DetectedImage> images = {
            {.truths = {{kBox}, {elsewhere(1)}}, .found = {{kBox, 0.4}, {elsewhere(1), 0.39}}}};
        const DetectionCounts counts = Matches(images, {}).at(0.4);
        QCOMPARE(counts.matched, 1);
        QCOMPARE(counts.missed(), 1);
        QCOMPARE(counts.missRate(), 0.5);
        QCOMPARE(counts.recall(), 0.5);
        QCOMPARE(counts.precision(), 1.0);
    }

    void agreesWithTheSecondForm_data()
    {
        QTest::addColumn<double>("iou");
        QTest::addColumn<int>("most");
        QTest::addColumn<double>("least");
        QTest::addColumn<double>("largest");
        QTest::newRow("plain") << 0.5 << 100 << 0.0 << 1e9;
        QTest::newRow("strict") << 0.75 << 100 << 0.0 << 1e9;
        QTest::newRow("loose") << 0.1 << 100 << 0.0 << 1e9;
        QTest::newRow("small ones") << 0.5 << 100 << 0.0 << 400.0;
        QTest::newRow("in the middle") << 0.3 << 100 << 400.0 << 900.0;
        QTest::newRow("few an image") << 0.5 << 2 << 0.0 << 1e9;
    }

    void agreesWithTheSecondForm()
    {
        QFETCH(double, iou);
        QFETCH(int, most);
        QFETCH(double, least);
        QFETCH(double, largest);
        std::set<double> values;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const auto images = randomImages(1 + static_cast<int>(seed) * 3, seed);
            for (const std::int32_t category : {0, 1}) {
                const MatchRule rule = {
                    .category = category, .iou = iou, .most = most, .area = {least, largest}};
                const double expected = cocoPrecision(images, rule);
                const double got = Matches(images, rule).averagePrecision().value_or(-1);
                QVERIFY2(std::abs(got - expected) < 1e-9, qPrintable(QString::number(got - expected)));
                values.insert(got);
            }
        }
        QVERIFY(values.size() > 20); // not the same trivial value throughout
    }

    void cocoMeanIsOverTenThresholds()
    {
        QCOMPARE(cocoThresholds().size(), 10u);
        const auto images = randomImages(30, 5);
        double sum = 0;
        for (const double iou : cocoThresholds())
            sum += cocoPrecision(images, {.iou = iou}) + cocoPrecision(images, {.category = 1, .iou = iou});
        const auto matches = matchesOf(images, cocoThresholds(), 2);
        QVERIFY(std::abs(*meanAveragePrecision(matches) - sum / 20) < 1e-9);
    }

    /// A resample computed from the one matching is what its images give when they are really repeated.
    void resamplesAreRepeatedImages()
    {
        const auto images = randomImages(25, 8);
        const Matches matches(images, {});
        const torch::Tensor precision =
            resampledPrecision(std::vector{matches}, {.resamples = 20, .seed = 4});
        const torch::Tensor eleven = resampledElevenPoint(std::vector{matches}, {.resamples = 20, .seed = 4});
        const torch::Tensor missing = resampledMissRate(matches, 0.3, {.resamples = 20, .seed = 4});
        Draws draws(4);
        for (int r = 0; r < 20; ++r) {
            std::vector<DetectedImage> drawn;
            for (std::size_t i = 0; i < images.size(); ++i)
                drawn.push_back(images[static_cast<std::size_t>(draws.below(25))]);
            QVERIFY(std::abs(precision[r].item<double>() - cocoPrecision(drawn, {})) < 1e-9);
            QCOMPARE(eleven[r].item<double>(), *Matches(drawn, {}).elevenPointPrecision());
            QCOMPARE(missing[r].item<double>(), Matches(drawn, {}).at(0.3).missRate());
        }
        QVERIFY(precision.std().item<double>() > 0.005);
    }

    void intervalHoldsTheValue()
    {
        const auto matches = matchesOf(randomImages(60, 9), std::vector{0.5}, 2);
        const double value = *meanAveragePrecision(matches);
        const Interval interval = percentileInterval(resampledPrecision(matches, {.resamples = 500}));
        QVERIFY(interval.low < value && value < interval.high);
        QVERIFY(interval.high - interval.low < 0.3);
    }

    void wrongUseIsASentence()
    {
        const std::vector<DetectedImage> images = {{.truths = {{kBox}}, .found = {{kBox, std::nan("")}}}};
        QCOMPARE(precisionSentence([&] { Matches(images, {}); }), "a found object has no score (NaN).");
        QCOMPARE(precisionSentence([&] { Matches({}, {.iou = 0}); }),
                 "objects cannot be matched at an overlap of 0.000000; it must be in (0, 1].");
        QCOMPARE(precisionSentence([&] { Matches({}, {.most = 0}); }),
                 "at most 0 found objects an image are asked for; it must be at least 1.");
        const std::vector<Matches> mixed = {Matches(randomImages(2, 1), {}), Matches(randomImages(3, 1), {})};
        QCOMPARE(precisionSentence([&] { resampledPrecision(mixed); }),
                 "matchings of 2 and of 3 images cannot be drawn anew together.");
    }
};

QTEST_GUILESS_MAIN(TestAveragePrecision)
#include "tst_average_precision.moc"
