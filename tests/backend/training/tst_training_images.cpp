#include "backend/data/catalogue.h"
#include "backend/data/images/lazy_image_dataset.h"
#include "backend/models/architectures/architectures.h"
#include "backend/models/initialise.h"
#include "backend/models/predict.h"
#include "backend/training/evaluate.h"
#include "backend/training/trainer.h"
#include "tests/backend/data/picture_files.h"

#include <ATen/CPUGeneratorImpl.h>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::training;

/// Real images as picture files: training and measuring read them ahead of their use.
class TestTrainingImages : public QObject
{
    Q_OBJECT

    static constexpr std::int64_t kImages = 300;
    QTemporaryDir m_dir;
    torch::Tensor m_pixels;
    torch::Tensor m_labels;

    std::filesystem::path root() const { return m_dir.path().toStdString(); }

    /// A cache of one byte, so that every epoch decodes the files again.
    std::shared_ptr<const data::Dataset> files() const
    {
        data::ImageList list{.classes = data::DatasetCatalogue().open("fashion-mnist")->info().classes};
        data::ImagePart& part = list.part(data::Split::Train);
        for (std::int64_t i = 0; i < kImages; ++i) {
            part.table.names.push_back(std::to_string(i) + ".png");
            part.labels.push_back(m_labels[i].item<std::int64_t>());
        }
        data::ImageShape shape;
        shape.channels = 1;
        shape.height = shape.width = 28;
        return std::make_shared<data::LazyImageDataset>(data::DatasetInfo{.name = "pictures"},
                                                        std::move(list), data::ImageRoot(root()), shape,
                                                        data::ImageMemory{.pixelBytes = 1});
    }

    static std::shared_ptr<models::Network> network()
    {
        return models::makeNetwork(
            "small_cnn", {{"widths", {4, 6, 8}}},
            {.channels = 1, .height = 28, .width = 28, .mean = {0.286}, .stddev = {0.353}}, 10);
    }

    static bool same(const models::Network& a, const models::Network& b)
    {
        const auto first = a.persistent();
        const auto second = b.persistent();
        for (std::size_t i = 0; i < first.size(); ++i) {
            if (!torch::equal(first[i].second, second[i].second))
                return false;
        }
        return first.size() == second.size();
    }

private Q_SLOTS:
    void initTestCase()
    {
        const auto set = data::DatasetCatalogue().open("fashion-mnist");
        m_pixels = set->pixels(data::Split::Train).narrow(0, 0, kImages).clone();
        m_labels = set->labels(data::Split::Train).narrow(0, 0, kImages).clone();
        for (std::int64_t i = 0; i < kImages; ++i)
            test::writePicture(root() / (std::to_string(i) + ".png"), m_pixels[i]);
    }

    void filesTeachWhatMemoryTeaches_data()
    {
        QTest::addColumn<int>("kept");
        QTest::addColumn<bool>("resident");
        QTest::newRow("decoded in every epoch") << 0 << false;
        QTest::newRow("small enough to keep") << (1 << 30) << false;
        QTest::newRow("resident") << 0 << true;
    }

    void filesTeachWhatMemoryTeaches()
    {
        QFETCH(int, kept);
        QFETCH(bool, resident);
        // A part in another order than the files'; a last batch that is not full; not all of the part.
        const torch::Tensor ids = torch::arange(kImages - 1, 20, -1, torch::kInt64);
        const TrainSpec spec = {.epochs = 2, .batch = 64, .flip = true, .shift = 1, .trainCount = 250};
        const auto memory = network();
        trainNetwork(*memory, m_pixels.index_select(0, ids), m_labels.index_select(0, ids), spec);
        const auto set = files();
        if (resident)
            set->pixels(data::Split::Train);
        const auto images = trainingImages(set, data::Split::Train, ids, kept);
        QCOMPARE(images->size(), ids.size(0));
        const auto read = network();
        trainNetwork(*read, *images, spec);
        QVERIFY(same(*memory, *read));
    }

    void interruptedTrainingOnFilesGoesOn()
    {
        const torch::Tensor ids = torch::arange(kImages, torch::kInt64);
        const TrainSpec spec = {.epochs = 3, .batch = 50};
        const auto whole = network();
        trainNetwork(*whole, *trainingImages(files(), data::Split::Train, ids, 0), spec);

        TrainHooks hooks{.resumeFile = root() / "r.resume"};
        hooks.afterEpoch = [](int epoch, const models::Network&) {
            if (epoch == 2)
                throw Error("enough");
        };
        const auto broken = network();
        QVERIFY_EXCEPTION_THROWN(
            trainNetwork(*broken, *trainingImages(files(), data::Split::Train, ids, 0), spec, hooks), Error);
        hooks.afterEpoch = {};
        // Other images of the same set are another training.
        QVERIFY(test::sentenceOf([&] {
                    trainNetwork(*network(), *trainingImages(files(), data::Split::Train, ids.flip(0), 0),
                                 spec, hooks);
                }).contains("training set"));
        const auto rest = network();
        const auto reports =
            trainNetwork(*rest, *trainingImages(files(), data::Split::Train, ids, 0), spec, hooks);
        QCOMPARE(reports.size(), std::size_t(2)); // the second epoch was not written down
        QVERIFY(same(*whole, *rest));
    }

    void brokenPictureIsNamed()
    {
        QTemporaryDir folder;
        data::ImageList list{.classes = {"a", "b"}};
        for (int i = 0; i < 4; ++i) {
            list.parts[0].table.names.push_back(std::to_string(i) + ".png");
            list.parts[0].labels.push_back(i % 2);
            test::writePicture(folder.filePath(QString::number(i) + ".png").toStdString(), m_pixels[i]);
        }
        test::writeText(folder.filePath("2.png").toStdString(), "no picture");
        data::ImageShape shape;
        shape.channels = 1;
        shape.height = shape.width = 28;
        const auto set =
            std::make_shared<data::LazyImageDataset>(data::DatasetInfo{.name = "pictures"}, std::move(list),
                                                     data::ImageRoot(folder.path().toStdString()), shape);
        const auto images = trainingImages(set, data::Split::Train, torch::arange(4, torch::kInt64), 0);
        const QString sentence = test::sentenceOf([&] { trainNetwork(*network(), *images, {.epochs = 1}); });
        QVERIFY2(sentence.contains("2.png"), qPrintable(sentence));
        QCOMPARE(test::sentenceOf(
                     [&] { trainingImages(set, data::Split::Train, torch::empty({0}, torch::kInt64)); }),
                 "pictures: there is no image to train on.");
    }

    void evaluationCountsLikeTheWholeAtOnce()
    {
        const auto net = network();
        models::initialise(*net, at::detail::createCPUGenerator(4));
        net->eval();
        models::ModelCard card;
        card.architecture = "small_cnn";
        card.input = {.channels = 1, .height = 28, .width = 28, .mean = {0.286}, .stddev = {0.353}};
        card.classes.resize(10);
        const models::Model model(net->copy(), card);
        const torch::Tensor ids = torch::arange(0, kImages, 1, torch::kInt64).flip(0);
        const Evaluated all = evaluate(model, files(), data::Split::Train, ids);
        QCOMPARE(all.count, kImages);
        QCOMPARE(all.accuracy(), models::accuracy(model, m_pixels, m_labels));
        QVERIFY(all.right > 0 && all.right < kImages);

        int asked = 0;
        const Evaluated part =
            evaluate(model, files(), data::Split::Train, ids, [&] { return ++asked == 1; });
        QVERIFY(part.count > 0 && part.count < kImages);
        QCOMPARE(evaluate(model, files(), data::Split::Train, ids, [] { return false; }).count, 0);
    }
};

QTEST_GUILESS_MAIN(TestTrainingImages)
#include "tst_training_images.moc"
