#include "backend/encryption/secret_key.h"
#include "tests/support/sentence_of.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sys/stat.h>

using namespace assay;
using namespace assay::encryption;
using assay::test::sentenceOf;

namespace {

SecretKey visionKey()
{
    return SecretKey::fromBytes("vision");
}

std::string pathIn(const QTemporaryDir& folder, const char* name)
{
    return folder.filePath(name).toStdString();
}

} // namespace

class tst_SecretKey : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// The specification's test vectors.
    void streamsAreThePublishedOnes()
    {
        KeyStream numbers(visionKey(), "shf");
        QCOMPARE(numbers.next(), 0x47c6b98345447226u);
        QCOMPARE(numbers.next(), 0x7149b0822a30e514u);
        QCOMPARE(numbers.next(), 0x8c7acc17ca92d190u);
        const std::vector<std::int64_t> order = {11, 9, 8, 4, 2, 5, 6, 1, 7, 0, 3, 10};
        QVERIFY(KeyStream(visionKey(), "shf").permutation(12) == order);
        const std::vector<std::uint8_t> bits = {0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 1};
        QVERIFY(KeyStream(visionKey(), "np").balancedBits(12) == bits);
        QCOMPARE(KeyStream(visionKey(), "pe.np.img.5").next(), 1299533424952437020u);
    }

    void numbersBelowCoverTheirRangeEvenly()
    {
        KeyStream stream(visionKey(), "test");
        std::vector<int> seen(6);
        for (int i = 0; i < 6000; ++i)
            ++seen[stream.below(6)];
        for (const int count : seen) // 1000 expected, deviation 29
            QVERIFY2(std::abs(count - 1000) < 150, qPrintable(QString::number(count)));
        QCOMPARE(stream.below(1), std::uint64_t(0));
        QVERIFY(stream.below(std::uint64_t(1) << 63) < std::uint64_t(1) << 63);
        QVERIFY(stream.permutation(0).empty());
        QVERIFY(sentenceOf([&] { stream.below(0); }).startsWith("key stream: there is no number below 0"));
    }

    void permutationsHoldEveryNumberOnce()
    {
        auto order = KeyStream(visionKey(), "test").permutation(1000);
        std::ranges::sort(order);
        for (std::int64_t i = 0; i < 1000; ++i)
            QCOMPARE(order[static_cast<std::size_t>(i)], i);
        const auto odd = KeyStream(visionKey(), "test").balancedBits(27);
        QCOMPARE(std::accumulate(odd.begin(), odd.end(), 0), 13);
    }

    /// By Python's hashlib.
    void keysAreMadeAsDescribed()
    {
        QCOMPARE(visionKey().fingerprint(), std::string("5944ae84"));
        QCOMPARE(SecretKey::fromPassphrase("correct horse", "salt").fingerprint(), std::string("4ecd6368"));
        QCOMPARE(SecretKey::forExperiment(7, "right").fingerprint(), std::string("31cb47b0"));
        QVERIFY(SecretKey::forExperiment(7, "right") != SecretKey::forExperiment(8, "right"));
        QVERIFY(SecretKey::fromPassphrase("a", "1") != SecretKey::fromPassphrase("a", "2"));
        QCOMPARE(SecretKey::random().bits(), std::size_t(256));
        QVERIFY(SecretKey::random() != SecretKey::random());
        const SecretKey one = KeyStream(visionKey(), "a").derive(),
                        two = KeyStream(visionKey(), "a").derive();
        QVERIFY(one == two);
        QCOMPARE(one.bits(), std::size_t(256));
        QVERIFY(sentenceOf([] { SecretKey::fromBytes(""); }).contains("at least one byte"));
        QVERIFY(sentenceOf([] { SecretKey::fromPassphrase("", "s"); }).contains("at least one character"));
    }

    void oneBitMakesAnotherKey()
    {
        const SecretKey key = visionKey();
        const SecretKey other = key.withBitFlipped(0); // 'v' is 0x76
        QVERIFY(other == SecretKey::fromBytes("wision"));
        QVERIFY(other.withBitFlipped(0) == key);
        QVERIFY(key.withBitFlipped(47) != key);
        QVERIFY(sentenceOf([&] { key.withBitFlipped(48); }).contains("48 bits"));
    }

    void copiesAndMovesAreTheSameKey()
    {
        SecretKey one = visionKey();
        SecretKey two = one;
        QVERIFY(one == two);
        two = SecretKey::fromBytes("other");
        QVERIFY(one != two);
        two = std::move(one);
        QVERIFY(two == visionKey());
        one = two;
        QVERIFY(one == visionKey());
    }

    void filesGiveTheKeyBack()
    {
        const QTemporaryDir folder;
        const std::string file = pathIn(folder, "own.key");
        const SecretKey key = SecretKey::random();
        writeKeyFile(file, key);
        QVERIFY(readKeyFile(file) == key);
        struct stat status = {};
        QCOMPARE(::stat(file.c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777, mode_t(0600));
        // Nothing else was left behind, and what is there is never lost.
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 1);
        QVERIFY(sentenceOf([&] { writeKeyFile(file, visionKey()); }).contains("there is a key file already"));
        QVERIFY(readKeyFile(file) == key);
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 1);
        QVERIFY(sentenceOf([&] { writeKeyFile(pathIn(folder, "no/such"), key); }).contains("no such key"));
    }

    void hostileKeyFilesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<bool>("good");
        const QByteArray digits = "00112233445566778899AABBccddeeff";
        QTest::newRow("good") << digits << true;
        QTest::newRow("spaces around") << " \t" + digits + "\r\n\n" << true;
        QTest::newRow("empty") << QByteArray() << false;
        QTest::newRow("spaces alone") << QByteArray("  \n") << false;
        QTest::newRow("short") << digits.first(30) << false;
        QTest::newRow("odd") << digits + "0" << false;
        QTest::newRow("other letters") << digits.first(31) + "g" << false;
        QTest::newRow("a zero byte") << digits.first(31) + '\0' << false;
        QTest::newRow("a space inside") << digits.first(16) + "  " + digits.first(16) << false;
        QTest::newRow("two lines") << digits + "\n" + digits << false;
        QTest::newRow("long") << digits.repeated(2048) << true; // 64 KiB
        QTest::newRow("too long") << digits.repeated(2048) + "00" << false;
        QTest::newRow("binary") << QByteArray(4096, '\x80') << false;
    }

    void hostileKeyFilesAreRefused()
    {
        QFETCH(QByteArray, content);
        QFETCH(bool, good);
        const QTemporaryDir folder;
        const std::string file = pathIn(folder, "k");
        std::ofstream(file, std::ios::binary).write(content.constData(), content.size());
        const QString said = sentenceOf([&] { readKeyFile(file); });
        QCOMPARE(said == "no error", good);
        QVERIFY(!said.contains("0011223344")); // what may be a key with a slip of the pen is not shown
    }

    void missingKeyFilesAreNamed()
    {
        const QTemporaryDir folder;
        QCOMPARE(sentenceOf([&] { readKeyFile(pathIn(folder, "none")); }),
                 folder.filePath("none") +
                     ": there is no such key file. Make one with 'assay-cli encrypt --new-key FILE'.");
        QVERIFY(sentenceOf([&] { readKeyFile(folder.path().toStdString()); }).contains("cannot be used"));
    }
};

QTEST_GUILESS_MAIN(tst_SecretKey)
#include "tst_secret_key.moc"
