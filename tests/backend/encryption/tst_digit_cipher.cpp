#include "backend/encryption/digit_cipher.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <algorithm>
#include <set>

using namespace assay;
using namespace assay::encryption;
using assay::test::sentenceOf;

namespace {

std::vector<std::uint8_t> bytesFromHex(const QByteArray& hex)
{
    const QByteArray bytes = QByteArray::fromHex(hex);
    return {bytes.begin(), bytes.end()};
}

std::string ff1Text(const QByteArray& key, const QByteArray& tweak, const std::string& text)
{
    std::vector<int> digits;
    for (const char c : text)
        digits.push_back(c - '0');
    std::string out;
    for (const int digit : ff1Digits(bytesFromHex(key), bytesFromHex(tweak), digits))
        out += static_cast<char>('0' + digit);
    return out;
}

std::span<const std::uint8_t> bytesOf(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

} // namespace

class tst_DigitCipher : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// NIST's "FF1samples.pdf", samples 1, 2, 4, 5, 7 and 8 (those of radix 10); the last two rows by an
    /// implementation in Python.
    void ff1GivesTheStandardsSamples_data()
    {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QByteArray>("tweak");
        QTest::addColumn<QByteArray>("plain");
        QTest::addColumn<QByteArray>("encrypted");
        const QByteArray key = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94";
        const QByteArray tweak = "39383736353433323130", digits = "0123456789";
        QTest::newRow("AES-128") << key.first(32) << QByteArray() << digits << QByteArray("2433477484");
        QTest::newRow("AES-128, tweak") << key.first(32) << tweak << digits << QByteArray("6124200773");
        QTest::newRow("AES-192") << key.first(48) << QByteArray() << digits << QByteArray("2830668132");
        QTest::newRow("AES-192, tweak") << key.first(48) << tweak << digits << QByteArray("2496655549");
        QTest::newRow("AES-256") << key << QByteArray() << digits << QByteArray("6657667009");
        QTest::newRow("AES-256, tweak") << key << tweak << digits << QByteArray("1001623463");
        QTest::newRow("18 digits") << key << QByteArray() << QByteArray("123456789012345678")
                                   << QByteArray("397110324155187379");
        QTest::newRow("3 digits") << key << QByteArray("x").toHex().repeated(15) << QByteArray("007")
                                  << QByteArray("830");
    }

    void ff1GivesTheStandardsSamples()
    {
        QFETCH(QByteArray, key);
        QFETCH(QByteArray, tweak);
        QFETCH(QByteArray, plain);
        QFETCH(QByteArray, encrypted);
        QCOMPARE(QByteArray::fromStdString(ff1Text(key, tweak, plain.toStdString())), encrypted);
    }

    void ff1RefusesWhatItCannotDo()
    {
        const std::vector<std::uint8_t> key(16), odd(17);
        QVERIFY(sentenceOf([&] { ff1Digits(odd, {}, {1, 2, 3}); }).contains("16, 24 or 32 bytes"));
        QVERIFY(sentenceOf([&] { ff1Digits(key, {}, {1, 2}); }).contains("3 to 18 digits"));
        QVERIFY(sentenceOf([&] { ff1Digits(key, {}, {1, 10, 3}); }).contains("3 to 18 digits"));
        QVERIFY(sentenceOf([&] { ff1Digits(key, {}, std::vector<int>(19)); }).contains("3 to 18 digits"));
    }

    /// The specification's vectors, of the library that the published code used.
    void hmacGivesThePublishedValues()
    {
        const DigitTable table = digitTable(DigitCipher::Hmac, bytesOf("password"));
        const std::vector<std::int16_t> first = {355, 522, 858, 133, 916, 326, 747, 930};
        QVERIFY(std::ranges::equal(first, std::span(table.forward).first(8)));
        QCOMPARE(table.forward[255], std::int16_t(757));
        QCOMPARE(table.most, std::int16_t(996));
    }

    void bothAreBijections()
    {
        const std::vector<std::uint8_t> key(32, 9);
        for (const DigitCipher cipher : {DigitCipher::Ff1, DigitCipher::Hmac}) {
            const DigitTable table = digitTable(cipher, key);
            const std::set<std::int16_t> values(table.forward.begin(), table.forward.end());
            QCOMPARE(values.size(), std::size_t(1000));
            QCOMPARE(*values.rbegin(), std::int16_t(999));
            for (std::int16_t v = 0; v < 1000; ++v)
                QCOMPARE(table.inverse[static_cast<std::size_t>(table.forward[static_cast<std::size_t>(v)])],
                         v);
        }
    }
};

QTEST_GUILESS_MAIN(tst_DigitCipher)
#include "tst_digit_cipher.moc"
