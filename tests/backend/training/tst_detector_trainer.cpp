#include "backend/data/catalogue.h"
#include "backend/data/recipes/garment_scenes.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/architectures/grid_detector.h"
#include "backend/protocol/error.h"
#include "backend/training/detector_scores.h"
#include "backend/training/detector_trainer.h"
#include "backend/training/zoo_detectors.h"

#include <ATen/Parallel.h>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <fstream>

using namespace assay;
using namespace assay::training;

namespace {

using models::Network;

const models::InputSpec kSceneInput = {
    .channels = 1, .height = 96, .width = 96, .mean = {0.25}, .stddev = {0.25}};

std::shared_ptr<Network> gridNetwork(std::int64_t classes = 1, const Json& widths = {4, 8, 8})
{
    return models::makeNetwork("grid-detector", {{"widths", widths}}, kSceneInput, classes);
}

models::ModelCard gridCard(const std::vector<std::string>& classes)
{
    models::ModelCard card;
    card.name = "grid";
    card.architecture = "grid-detector";
    card.input = kSceneInput;
    card.classes = classes;
    card.task = models::Task::Detection;
    card.output = models::gridOutput();
    return card;
}

bool equalWeights(const Network& a, const Network& b)
{
    const auto first = a.persistent();
    const auto second = b.persistent();
    for (std::size_t i = 0; i < first.size(); ++i) {
        if (!torch::equal(first[i].second, second[i].second))
            return false;
    }
    return first.size() == second.size();
}

template <class Call>
QString trainerSentence(Call call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return {};
}

struct Stopped
{};

} // namespace

class TestDetectorTrainer : public QObject
{
    Q_OBJECT

    std::shared_ptr<const data::Dataset> m_scenes;
    DetectorImages m_few; ///< the first 40 scenes
    QTemporaryDir m_dir;

    std::filesystem::path resumeFile() const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / "d.resume";
    }

    DetectorImages learned(std::int64_t count) const
    {
        const auto split = data::Split::Train;
        auto boxes = boxesByImage(m_scenes->samples(split), m_scenes->size(split));
        boxes.resize(static_cast<std::size_t>(count));
        return {m_scenes->pixels(split).narrow(0, 0, count), boxes};
    }

private Q_SLOTS:
    void initTestCase()
    {
        const auto fashion = data::DatasetCatalogue().open("fashion-mnist");
        m_scenes = data::garmentScenes(*fashion, {.train = 400, .test = 100});
        m_few = learned(40);
    }

    /// 400 scenes, a few epochs, a narrow network: enough to find most garments.
    void findsGarments()
    {
        const auto network = gridNetwork(1, {8, 16, 32, 32});
        const auto reports =
            trainDetector(*network, learned(400), {.epochs = 10, .batch = 16, .learningRate = 5e-3});
        QCOMPARE(reports.size(), 10u);
        QVERIFY(reports.back().loss < 0.5 * reports.front().loss);
        const models::Detector detector(
            std::make_shared<const models::Model>(network, gridCard({"garment"})));
        const DetectorScores scores =
            scoresOnSplit(detector, *m_scenes, data::Split::Test, {.resamples = 200});
        qInfo("AP50 %.3f (%.3f .. %.3f), AP %.3f, %.1f s an epoch", *scores.ap50, scores.ap50Interval.low,
              scores.ap50Interval.high, *scores.ap, reports.back().seconds);
        QVERIFY2(*scores.ap50 > 0.6, qPrintable(QString::number(*scores.ap50)));
        QVERIFY(scores.ap50Interval.low < *scores.ap50 && *scores.ap50 < scores.ap50Interval.high);
        QVERIFY(*scores.ap < *scores.ap50);
    }

    void sameSeedsSameDigits()
    {
        const DetectorSpec spec = {.epochs = 2, .batch = 16};
        const auto first = gridNetwork(), second = gridNetwork(), third = gridNetwork();
        const auto reports = trainDetector(*first, m_few, spec);
        torch::manual_seed(99); // the global generator plays no part
        QVERIFY(trainDetector(*second, m_few, spec).back().loss == reports.back().loss);
        QVERIFY(equalWeights(*first, *second));
        DetectorSpec other = spec;
        other.orderSeed = 2;
        trainDetector(*third, m_few, other);
        QVERIFY(!equalWeights(*first, *third));
    }

    void numberOfThreadsChangesNothing()
    {
        const DetectorSpec spec = {.epochs = 1, .batch = 16};
        const auto first = gridNetwork(), second = gridNetwork();
        const int before = at::get_num_threads();
        trainDetector(*first, m_few, spec);
        at::set_num_threads(2);
        trainDetector(*second, m_few, spec);
        QCOMPARE(at::get_num_threads(), 2);
        at::set_num_threads(before);
        QVERIFY(equalWeights(*first, *second));
    }

    /// Stopped after every epoch, with a hook that draws: the digits of a training that was not stopped.
    void resumesToTheSameDigits()
    {
        const DetectorSpec spec = {.epochs = 3, .batch = 16};
        const BatchHook noise = [](torch::Tensor& images, BoxLists&, at::Generator& generator) {
            images.add_(torch::rand(images.sizes(), generator), 0.1);
        };
        const auto whole = gridNetwork(), parts = gridNetwork();
        trainDetector(*whole, m_few, spec, {.batch = noise});
        int stops = 0;
        for (bool done = false; !done;) {
            int epochs = 0;
            DetectorHooks hooks{.batch = noise, .resumeFile = resumeFile()};
            hooks.checkpoint = [&] {
                if (epochs == 1)
                    throw Stopped();
            };
            hooks.afterEpoch = [&](int, const Network&) { ++epochs; };
            try {
                trainDetector(*parts, m_few, spec, hooks);
                done = true;
            } catch (const Stopped&) {
                ++stops;
            }
        }
        QCOMPARE(stops, 2);
        QVERIFY(equalWeights(*whole, *parts));
        QVERIFY(!std::filesystem::exists(resumeFile()));
    }

    void anotherTrainingsFileIsRefused()
    {
        DetectorHooks hooks{.resumeFile = resumeFile()};
        int epochs = 0;
        hooks.afterEpoch = [&](int, const Network&) { ++epochs; };
        hooks.checkpoint = [&] {
            if (epochs == 1)
                throw Stopped();
        };
        QVERIFY_EXCEPTION_THROWN(trainDetector(*gridNetwork(), m_few, {.epochs = 2}, hooks), Stopped);
        hooks.checkpoint = {};
        const QString where = QString::fromStdString(resumeFile().string());
        DetectorImages moved = m_few;
        moved.boxes[3][0].x += 1;
        QCOMPARE(trainerSentence([&] { trainDetector(*gridNetwork(), moved, {.epochs = 2}, hooks); }),
                 where +
                     ": belongs to a training with another training set. Delete the file to train from the "
                     "beginning.");
        QCOMPARE(trainerSentence([&] { trainDetector(*gridNetwork(), m_few, {.epochs = 3}, hooks); }),
                 where + ": belongs to a training with another recipe. Delete the file to train from the "
                         "beginning.");
        std::filesystem::remove(resumeFile());
    }

    /// The hook sees pixels in [0,1] with boxes that are flipped alike, may paste and add boxes of another
    /// class, and what it does is what is learned.
    void batchHookChangesWhatIsLearned()
    {
        const torch::Tensor before = m_few.images.clone();
        std::int64_t seen = 0;
        DetectorHooks hooks;
        hooks.batch = [&](torch::Tensor& images, BoxLists& boxes, at::Generator& generator) {
            QVERIFY(images.scalar_type() == torch::kFloat32 && images.max().item<float>() <= 1);
            QCOMPARE(images.size(0), static_cast<std::int64_t>(boxes.size()));
            for (std::size_t i = 0; i < boxes.size(); ++i) {
                const auto at = torch::randint(0, 80, {2}, generator, torch::kInt64);
                const auto x = at[0].item<std::int64_t>(), y = at[1].item<std::int64_t>();
                images[static_cast<std::int64_t>(i)].narrow(1, y, 12).narrow(2, x, 12).fill_(1);
                boxes[i].push_back({.x = static_cast<float>(x),
                                    .y = static_cast<float>(y),
                                    .width = 12,
                                    .height = 12,
                                    .category = 1});
            }
            seen += images.size(0);
        };
        const DetectorSpec spec = {
            .epochs = 25, .batch = 8, .learningRate = 1e-2, .loss = {.classWeights = {1, 1}}};
        const auto network = gridNetwork(2, {8, 16, 16, 16});
        trainDetector(*network, m_few, spec, hooks);
        QCOMPARE(seen, 25 * 40);
        QVERIFY(torch::equal(m_few.images, before));
        // White squares are easier than garments: the second class finds them.
        const models::Detector detector(
            std::make_shared<const models::Model>(network, gridCard({"garment", "patch"})));
        torch::Tensor x = m_scenes->images(data::Split::Test, torch::arange(20), torch::kCPU);
        x.narrow(2, 38, 12).narrow(3, 30, 12).fill_(1);
        int hits = 0;
        for (const auto& found : detector.detect(x, {.scoreAtLeast = 0.2})) {
            hits += std::ranges::any_of(found, [](const models::Detection& one) {
                return one.category == 1 && models::intersectionOverUnion(one, {30, 38, 12, 12}) > 0.3;
            });
        }
        QVERIFY2(hits >= 12, qPrintable(QString::number(hits)));
    }

    /// Boxes lie on pixels, after flips too: inside it is brighter than around.
    void boxesFollowTheFlips()
    {
        DetectorHooks hooks;
        double inside = 0, all = 0;
        hooks.batch = [&](torch::Tensor& images, BoxLists& boxes, at::Generator&) {
            for (std::size_t i = 0; i < boxes.size(); ++i) {
                for (const data::Box& box : boxes[i]) {
                    const torch::Tensor image = images[static_cast<std::int64_t>(i)][0];
                    const auto from = [](float v) { return static_cast<std::int64_t>(v); };
                    inside += image.narrow(0, from(box.y), from(box.height))
                                  .narrow(1, from(box.x), from(box.width))
                                  .mean()
                                  .item<double>();
                    all += image.mean().item<double>();
                }
            }
        };
        trainDetector(*gridNetwork(), m_few, {.epochs = 2, .batch = 8}, hooks);
        QVERIFY2(inside > 1.6 * all, qPrintable(QString::number(inside / all)));
    }

    void specGoesThroughJson()
    {
        const DetectorSpec spec = {.epochs = 3,
                                   .batch = 7,
                                   .weightDecay = 1e-4,
                                   .flip = false,
                                   .loss = {.classWeights = {9, 1}, .positiveWeight = 2, .boxWeight = 0.5},
                                   .orderSeed = ~0ull,
                                   .trainCount = 12};
        QVERIFY(detectorSpecFromJson(toJson(spec), "r.json") == spec);
        const auto with = [](const char* text) {
            return trainerSentence([&] { detectorSpecFromJson(Json::parse(text), "r.json"); });
        };
        QCOMPARE(with(R"({"class_weights": 3})"),
                 "r.json: 'class_weights' is 3; it must be a list of numbers.");
        QCOMPARE(with(R"({"class_weights": [1, -1]})"),
                 "r.json: 'class_weights' is -1.0; it must be in [0, 1000].");
        QCOMPARE(with(R"({"epochs": 0})"), "r.json: 'epochs' is 0.0; it must be from 1 to 10000.");
        QCOMPARE(with(R"({"momentum": 0.9})"), "r.json: a training recipe has no field 'momentum'.");
    }

    void wrongUseIsASentence()
    {
        DetectorImages shorter = m_few;
        shorter.boxes.pop_back();
        QCOMPARE(
            trainerSentence([&] { trainDetector(*gridNetwork(), shorter, {}); }),
            "a detector learns from images [N,C,H,W] of bytes or float32 and N lists of boxes, N at least "
            "1.");
        const auto classifier =
            models::makeNetwork("small_cnn", {}, {.channels = 1, .height = 96, .width = 96}, 10);
        QCOMPARE(trainerSentence([&] { trainDetector(*classifier, m_few, {}); }),
                 "the network is no grid detector. Train one of the architecture 'grid-detector'.");
    }
};

QTEST_GUILESS_MAIN(TestDetectorTrainer)
#include "tst_detector_trainer.moc"
