#include "backend/data/catalogue.h"
#include "backend/data/formats/idx_dataset.h"
#include "backend/protocol/error.h"
#include "idx_builder.h"
#include "tests/support/sentence_of.h"

#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

using namespace assay;
using namespace assay::test;
using data::Split;

namespace {

const std::vector<std::filesystem::path> kNoRoots;

} // namespace

class TestCatalogue : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path m_root;

private Q_SLOTS:
    void init()
    {
        m_root = std::filesystem::path(m_dir.path().toStdString()) / QTest::currentTestFunction();
        std::filesystem::create_directories(m_root);
    }

    void opensAFolder()
    {
        writeSet(m_root / "tiny", 7, 4);
        const data::DatasetCatalogue catalogue(kNoRoots);
        const auto set = catalogue.open((m_root / "tiny").string());
        QCOMPARE(set->size(Split::Train), 7);
        QCOMPARE(set->size(Split::Test), 4);
        QCOMPARE(set->pixels(Split::Test).sizes(), torch::IntArrayRef({4, 1, 2, 3}));
        QVERIFY(torch::equal(set->labels(Split::Test), torch::tensor({0, 1, 2, 0}, torch::kInt64)));
        QCOMPARE(set->info().classes, (std::vector<std::string>{"0", "1", "2"}));
        QCOMPARE(set->info().title, "tiny");
        QCOMPARE(set->hash().size(), 64u);
        const torch::Tensor images =
            set->images(Split::Train, torch::tensor({1, 0}, torch::kInt64), torch::kCPU);
        QVERIFY(torch::allclose(images[1].flatten(), torch::arange(6) / 255.0));
        QCOMPARE(images[0][0][0][0].item<float>(), 6.0f / 255.0f);
    }

    void sharesWhatIsOpenAndForgetsWhatIsNot()
    {
        writeSet(m_root / "tiny", 3, 3);
        const data::DatasetCatalogue catalogue(kNoRoots);
        auto set = catalogue.open((m_root / "tiny").string());
        QCOMPARE(catalogue.open((m_root / "tiny").string()).get(), set.get());
        const std::string before = set->hash();
        set.reset();
        writeSet(m_root / "tiny", 5, 3);
        const auto again = catalogue.open((m_root / "tiny").string());
        QCOMPARE(again->size(Split::Train), 5);
        QVERIFY(again->hash() != before);
    }

    void readsClassNames()
    {
        writeSet(m_root, 3, 3);
        write(m_root / "classes.txt", {'c', 'a', 't', '\r', '\n', 'd', 'o', 'g', '\n', 'c', 'o', 'w'});
        const data::DatasetCatalogue catalogue(kNoRoots);
        QCOMPARE(catalogue.open(m_root.string())->info().classes,
                 (std::vector<std::string>{"cat", "dog", "cow"}));
    }

    void labelsNeedClasses()
    {
        writeSet(m_root, 3, 3);
        write(m_root / "classes.txt", {'c', 'a', 't', '\n', 'd', 'o', 'g', '\n'});
        const data::DatasetCatalogue catalogue(kNoRoots);
        QCOMPARE(
            sentenceOf([&] { catalogue.open(m_root.string()); }),
            QString::fromStdString(m_root.string()) +
                ": label 2 has no class name; 2 are given. List every class in classes.txt, one a line.");
    }

    void imagesAndLabelsMustMatch()
    {
        writeSet(m_root, 3, 3);
        write(m_root / "t10k-labels-idx1-ubyte.gz", gzip(idx({2}, {0, 1})));
        const data::DatasetCatalogue catalogue(kNoRoots);
        QCOMPARE(sentenceOf([&] { catalogue.open(m_root.string()); }),
                 QString::fromStdString((m_root / "t10k-labels-idx1-ubyte.gz").string()) +
                     ": holds 2 labels for 3 images. Fetch both files again from the same source.");
    }

    void folderWithoutData()
    {
        writeSet(m_root, 3, 3);
        for (const char* name : {"train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"})
            std::filesystem::remove(m_root / name);
        QVERIFY(!data::IdxDataset::present(m_root));
        const data::DatasetCatalogue catalogue(kNoRoots);
        QCOMPARE(
            sentenceOf([&] { catalogue.open(m_root.string()); }),
            QString::fromStdString(m_root.string()) +
                ": holds no data set that is recognised. Known are IDX, CIFAR and NPZ files, image folders, "
                "CSV manifests and COCO annotations.");
    }

    void unknownName()
    {
        const data::DatasetCatalogue catalogue(kNoRoots);
        QCOMPARE(sentenceOf([&] { catalogue.open("mnits"); }),
                 "mnits: is neither a known data set nor a file or folder. Known data sets: fashion-mnist, "
                 "digits, emoji15, faces, garment-scenes, fashion-scenes, pedestrians, tinted-fashion.");
    }

    void saysHowToInstall()
    {
        const data::DatasetCatalogue catalogue({m_root});
        const auto list = catalogue.list();
        QCOMPARE(list.size(), 8u);
        QVERIFY(!list[0].available);
        const QString sentence = "fashion-mnist: the data set is not installed. Run `apt-get install "
                                 "dataset-fashion-mnist`, or name the folder above its files in ASSAY_DATA.";
        QCOMPARE(QString::fromStdString(list[0].problem), sentence);
        QCOMPARE(sentenceOf([&] { catalogue.open("fashion-mnist"); }), sentence);
        QVERIFY(!list[2].available);
        const QString build = "emoji15: the data set is not built yet. Run `assay-cli data get emoji15`.";
        QCOMPARE(QString::fromStdString(list[2].problem), build);
        QCOMPARE(sentenceOf([&] { catalogue.open("emoji15"); }), build);
    }

    void environmentComesBeforeTheSystem()
    {
        qputenv("ASSAY_DATA", "/first::/second");
        const auto roots = data::DatasetCatalogue::defaultSearchRoots();
        qunsetenv("ASSAY_DATA");
        QCOMPARE(roots.size(), 4u);
        QCOMPARE(roots[0].string(), "/first");
        QCOMPARE(roots[1].string(), "/second");
        QVERIFY(roots[2].string().ends_with("/assay/data"));
        QCOMPARE(data::DatasetCatalogue::defaultSearchRoots().size(), 2u);
    }

    void fashionMnistIsAsPublished()
    {
        const data::DatasetCatalogue catalogue;
        QVERIFY2(catalogue.list()[0].available, catalogue.list()[0].problem.c_str());
        const auto set = catalogue.open("fashion-mnist");
        QCOMPARE(set->size(Split::Train), 60000);
        QCOMPARE(set->size(Split::Test), 10000);
        // 6000 and 1000 of each class (Xiao et al. 2017); first training labels 9, 0, 0, 3, 0.
        QVERIFY(set->labels(Split::Train).bincount().eq(6000).all().item<bool>());
        QVERIFY(set->labels(Split::Test).bincount().eq(1000).all().item<bool>());
        QVERIFY(torch::equal(set->labels(Split::Train).narrow(0, 0, 5),
                             torch::tensor({9, 0, 0, 3, 0}, torch::kInt64)));
        const torch::Tensor pixels = set->pixels(Split::Train).to(torch::kFloat32).div_(255);
        QVERIFY(std::abs(pixels.mean().item<double>() - 0.2860) < 5e-5);
        QVERIFY(std::abs(pixels.std().item<double>() - 0.3530) < 5e-5);
    }
};

QTEST_GUILESS_MAIN(TestCatalogue)
#include "tst_catalogue.moc"
