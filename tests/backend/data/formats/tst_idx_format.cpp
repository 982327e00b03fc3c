#include "backend/data/arrays/split_rule.h"
#include "backend/data/formats/idx_format.h"
#include "tests/backend/arrays/file_bytes.h"
#include "tests/backend/data/formats/set_folder.h"

#include <QTest>

using namespace assay;
using namespace assay::data;
using namespace assay::test;
using Level = protocol::Finding::Level;

class TestIdxFormat : public QObject
{
    Q_OBJECT

    std::unique_ptr<SetFolder> m_sets;

private Q_SLOTS:
    void init() { m_sets = std::make_unique<SetFolder>(); }

    void dividesASinglePair()
    {
        const auto folder = m_sets->at("pair");
        writeText(folder / "classes.txt", "a\nb\nc\nd\n");
        QVERIFY(kIdxFormat.recognises(folder));
        const DataImport import = kIdxFormat.inspect(folder, {});
        QVERIFY(
            hasFinding(import.findings, Level::Info,
                       "A fixed fifth of the samples, chosen by a hash of their number, is the test split."));
        const auto set = kIdxFormat.open(dataCardFromJson(toJson(import.card), "card"));
        const auto [train, test] = hashSplit(50);
        QVERIFY(torch::equal(set->pixels(Split::Train), expectedPixels(train, 1, 4, 5)));
        QVERIFY(torch::equal(set->labels(Split::Test), test % 4));
        QCOMPARE(set->info().classes, std::vector<std::string>({"a", "b", "c", "d"}));
        QCOMPARE(set->hash(), import.card.sha256);
    }

    void readsTwoPairsByTheirNames()
    {
        const DataImport import = kIdxFormat.inspect(m_sets->at("two"), {});
        QCOMPARE(import.card.info.trainCount, std::int64_t(6));
        QCOMPARE(import.card.info.testCount, std::int64_t(2));
        const auto set = kIdxFormat.open(import.card);
        QVERIFY(torch::equal(set->pixels(Split::Test), expectedPixels(torch::arange(6, 8), 1, 4, 5)));
    }

    void readsOneFileOfAPair()
    {
        for (const char* name :
             {"two/emnist-train-images-idx3-ubyte", "two/emnist-train-labels-idx1-ubyte"}) {
            QVERIFY(kIdxFormat.recognises(m_sets->at(name)));
            const DataImport import = kIdxFormat.inspect(m_sets->at(name), {});
            QCOMPARE(import.card.info.trainCount + import.card.info.testCount, std::int64_t(6));
        }
    }

    void readsMnistsFourFiles()
    {
        const auto folder = m_sets->at("two");
        for (const auto& [from, to] :
             {std::pair("emnist-train", "train"), std::pair("emnist-test", "t10k")}) {
            for (const char* rest : {"-images-idx3-ubyte", "-labels-idx1-ubyte"})
                std::filesystem::rename(folder / (std::string(from) + rest),
                                        folder / (std::string(to) + rest));
        }
        const DataImport import = kIdxFormat.inspect(folder, {});
        QVERIFY2(hasFinding(import.findings, Level::Info,
                            "6 training and 2 test images of 4 x 5 pixels, grey, in 2 classes."),
                 listed(import.findings).c_str());
        QCOMPARE(recogniseData(folder), &kIdxFormat);
    }

    void namesTheDamage()
    {
        const auto labels = m_sets->at("pair/letters-labels-idx1-ubyte");
        Bytes bytes = readBytes(labels);
        put(bytes, 4, 0x31000000, 4); // 49, big-endian
        bytes.pop_back();
        writeBytes(labels, bytes);
        QCOMPARE(
            problemOf(labels, [&] { kIdxFormat.inspect(m_sets->at("pair"), {}); }),
            QString("FILE: holds 49 labels for 50 images. Fetch both files again from the same source."));
        const auto two = m_sets->at("two");
        for (const char* kind : {"images-idx3", "labels-idx1"})
            std::filesystem::copy_file(two / ("emnist-train-" + std::string(kind) + "-ubyte"),
                                       two / ("more-train-" + std::string(kind) + "-ubyte"));
        QCOMPARE(
            problemOf(two, [&] { kIdxFormat.inspect(two, {}); }),
            QString("FILE: holds 3 pairs of IDX files, not one for training and one for testing. Keep each "
                    "data set in a folder of its own, or choose one file."));
        const auto none = m_sets->at("hundred");
        QVERIFY(!kIdxFormat.recognises(none));
        QCOMPARE(problemOf(none, [&] { kIdxFormat.inspect(none, {}); }),
                 QString("FILE: holds no pair of IDX files. Files must be named NAME-images-idx3-ubyte and "
                         "NAME-labels-idx1-ubyte."));
    }
};

QTEST_GUILESS_MAIN(TestIdxFormat)
#include "tst_idx_format.moc"
