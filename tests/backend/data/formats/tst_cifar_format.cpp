#include "backend/data/formats/cifar_format.h"
#include "tests/backend/arrays/file_bytes.h"
#include "tests/backend/data/formats/set_folder.h"

#include <QTest>

using namespace assay;
using namespace assay::data;
using namespace assay::test;
using Level = protocol::Finding::Level;

class TestCifarFormat : public QObject
{
    Q_OBJECT

    std::unique_ptr<SetFolder> m_sets;

private Q_SLOTS:
    void init() { m_sets = std::make_unique<SetFolder>(); }

    void readsTen()
    {
        const auto folder = m_sets->at("ten"); // the folder above the files
        QVERIFY(kCifarFormat.recognises(folder));
        const DataImport import = kCifarFormat.inspect(folder, {});
        QVERIFY(hasFinding(import.findings, Level::Info,
                           "CIFAR-10 binary version: 20 training and 3 test images in 10 classes."));
        const auto set = kCifarFormat.open(dataCardFromJson(toJson(import.card), "card"));
        QVERIFY(torch::equal(set->pixels(Split::Train), expectedPixels(torch::arange(20), 3, 32, 32)));
        QVERIFY(torch::equal(set->pixels(Split::Test), expectedPixels(torch::arange(20, 23), 3, 32, 32)));
        QVERIFY(torch::equal(set->labels(Split::Train), torch::arange(20) % 10));
        QCOMPARE(set->info().classes.at(9), std::string("truck"));
        QCOMPARE(set->hash(), import.card.sha256);
    }

    void readsAHundred()
    {
        const DataImport import = kCifarFormat.inspect(m_sets->at("hundred"), {});
        QCOMPARE(import.card.info.attributes, std::vector<std::string>({"coarse"}));
        QCOMPARE(import.card.info.classes.size(), std::size_t(100));
        const auto set = kCifarFormat.open(import.card);
        QVERIFY(torch::equal(set->labels(Split::Train), torch::arange(9) % 7));
        const Attribute* coarse = set->samples(Split::Train).find("coarse");
        QVERIFY(torch::equal(coarse->codes, (torch::arange(9) % 3).to(torch::kInt32)));
        QCOMPARE(coarse->values.at(19), std::string("super19"));
        QVERIFY(torch::equal(set->pixels(Split::Test), expectedPixels(torch::arange(9, 11), 3, 32, 32)));
    }

    void warnsOfMissingBatches()
    {
        std::filesystem::remove(m_sets->at("ten/cifar-10-batches-bin/data_batch_3.bin"));
        QVERIFY(hasFinding(kCifarFormat.inspect(m_sets->at("ten"), {}).findings, Level::Warning,
                           "Only 4 of 5 training batches are there: unpack the whole archive."));
    }

    void namesTheDamage()
    {
        const auto batch = m_sets->at("ten/cifar-10-batches-bin/data_batch_2.bin");
        const auto inspect = [&] { kCifarFormat.inspect(m_sets->at("ten"), {}); };
        Bytes bytes = readBytes(batch);
        bytes.pop_back();
        writeBytes(batch, bytes);
        QCOMPARE(problemOf(batch, inspect),
                 QString("FILE: has 12291 bytes, no whole number of records of 3073. Fetch the file again."));
        writeBytes(batch, {});
        QCOMPARE(problemOf(batch, inspect),
                 QString("FILE: has 0 bytes, no whole number of records of 3073. Fetch the file again."));
        bytes.push_back(0);
        bytes[0] = 200;
        writeBytes(batch, bytes);
        const auto folder = m_sets->at("ten/cifar-10-batches-bin");
        QCOMPARE(problemOf(folder, inspect),
                 QString("FILE: label 200 has no class name; 10 are given. Name every class."));
        std::filesystem::remove(folder / "test_batch.bin");
        QCOMPARE(problemOf(folder, inspect),
                 QString("FILE: lacks test_batch.bin. Unpack the whole archive."));
        const auto empty = m_sets->at("pair");
        QVERIFY(!kCifarFormat.recognises(empty));
        QCOMPARE(problemOf(empty, [&] { kCifarFormat.inspect(empty, {}); }),
                 QString("FILE: holds neither data_batch_1.bin nor train.bin and test.bin. Unpack the binary "
                         "version of CIFAR-10 or CIFAR-100 there."));
        Bytes hundred = readBytes(m_sets->at("hundred/test.bin"));
        hundred[0] = 20; // the superclass of the first record
        writeBytes(m_sets->at("hundred/test.bin"), hundred);
        QCOMPARE(problemOf(m_sets->at("hundred/test.bin"),
                           [&] { kCifarFormat.inspect(m_sets->at("hundred"), {}); }),
                 QString("FILE: the superclass 20 has no name; 20 are known. Fetch the file again."));
    }
};

QTEST_GUILESS_MAIN(TestCifarFormat)
#include "tst_cifar_format.moc"
