#include "backend/encryption/byte_kernels.h"
#include "backend/encryption/cipher.h"
#include "backend/encryption/cipher_tables.h"
#include "tests/support/sentence_of.h"

#include <QCryptographicHash>
#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

using namespace assay;
using namespace assay::encryption;
using assay::test::sentenceOf;

namespace {

SecretKey vectorKey()
{
    return SecretKey::fromBytes("vision");
}

/// A block of 2 x 2 x 3 whose values, counted by row, column and channel, are @p values.
torch::Tensor blockImage(const std::vector<int>& values)
{
    return torch::tensor(values).to(torch::kUInt8).view({1, 2, 2, 3}).permute({0, 3, 1, 2}).contiguous();
}

QByteArray shortDigest(const torch::Tensor& tensor)
{
    const torch::Tensor flat = tensor.contiguous();
    const QByteArray bytes(static_cast<const char*>(flat.data_ptr()), static_cast<qsizetype>(flat.nbytes()));
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex().first(16);
}

/// Value i of [1,3,8,12], counted as it lies in memory, is (37 i + 11) mod 256.
torch::Tensor ramp()
{
    return (torch::arange(3 * 8 * 12) * 37 + 11).remainder(256).to(torch::kUInt8).view({1, 3, 8, 12});
}

} // namespace

class tst_CipherVectors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// The specification's block of 2 x 2 x 3 under the key "vision".
    void shfAndNpGiveThePublishedBlocks()
    {
        const torch::Tensor plain = blockImage({0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220});
        QVERIFY(torch::equal(Cipher({.scheme = Scheme::Shf, .block = 2}, vectorKey(), 3, 2, 2).encrypt(plain),
                             blockImage({220, 180, 160, 80, 40, 100, 120, 20, 140, 0, 60, 200})));
        QVERIFY(torch::equal(Cipher({.scheme = Scheme::Np, .block = 2}, vectorKey(), 3, 2, 2).encrypt(plain),
                             blockImage({0, 20, 40, 60, 175, 155, 120, 115, 95, 75, 200, 35})));
    }

    /// The specification's block under a given permutation.
    void leGivesThePublishedBlock()
    {
        const BlockNibbles key = derivedFlags({3, 0, 7, 1, 6, 2, 5, 4});
        const std::vector<int> plain = {18, 52, 86, 120};
        std::vector<int> encrypted(4);
        const auto nibble = [&](std::int64_t i) {
            const int value = plain[static_cast<std::size_t>(i % 4)];
            return i < 4 ? value & 15 : value >> 4;
        };
        for (std::size_t i = 0; i < 8; ++i) {
            const std::int64_t from = key.order[i];
            const int flip = key.reversed[i] != key.reversed[static_cast<std::size_t>(from)] ? 15 : 0;
            encrypted[i % 4] |= (nibble(from) ^ flip) << (i < 4 ? 0 : 4);
        }
        QVERIFY((encrypted == std::vector<int>{88, 146, 200, 228}));
    }

    /// By an implementation of the specification in Python that shares nothing with this one.
    void everySchemeGivesTheReferencesBytes_data()
    {
        QTest::addColumn<QString>("spec");
        QTest::addColumn<QByteArray>("digest");
        QTest::newRow("etc") << R"({"scheme": "etc"})" << QByteArray("5e3adefe45f27719");
        QTest::newRow("le") << R"({"scheme": "le"})" << QByteArray("be10b7b467de8947");
        QTest::newRow("le, flags") << R"({"scheme": "le", "independentFlags": true})"
                                   << QByteArray("45a5c5d52561c19b");
        QTest::newRow("ele") << R"({"scheme": "ele"})" << QByteArray("dcc3cda12a61f1a8");
        QTest::newRow("pe") << R"({"scheme": "pe", "channels": false})" << QByteArray("db1e96084b3d90d2");
        QTest::newRow("pe, channels") << R"({"scheme": "pe"})" << QByteArray("059af2ad2a7a2530");
        QTest::newRow("shf") << R"({"scheme": "shf"})" << QByteArray("4922acdc1b9c4b6f");
        QTest::newRow("np") << R"({"scheme": "np"})" << QByteArray("acabd9219a11b117");
        QTest::newRow("ffx, hmac") << R"({"scheme": "ffx", "ffxCipher": "hmac"})"
                                   << QByteArray("9f02413fb9105517");
        QTest::newRow("ffx") << R"({"scheme": "ffx"})" << QByteArray("1f0c9a6999fa980e");
    }

    void everySchemeGivesTheReferencesBytes()
    {
        QFETCH(QString, spec);
        QFETCH(QByteArray, digest);
        const Cipher cipher(cipherFromJson(Json::parse(spec.toStdString()), "row"), vectorKey(), 3, 8, 12);
        QCOMPARE(shortDigest(cipher.encrypt(ramp())), digest);
        if (spec.contains("\"ffx\"") && !spec.contains("hmac"))
            QCOMPARE(cipher.digitScale(), 990.0);
    }

    /// The key spaces as the papers write them, by hand.
    void keySpacesAreThePapers()
    {
        const auto bits = [](const CipherSpec& spec, std::int64_t channels, std::int64_t side) {
            return Cipher(spec, vectorKey(), channels, side, side).keySpaceBits();
        };
        const auto near = [](double a, double b) { return std::abs(a - b) < 1e-6; };
        // 4! 8^4 2^4 6^4
        QVERIFY(near(bits({.scheme = Scheme::Etc}, 3, 8), std::log2(24) + 12 + 4 + 4 * std::log2(6)));
        QVERIFY(near(bits({.scheme = Scheme::Etc}, 1, 8), std::log2(24) + 12 + 4));
        QVERIFY(near(bits({.scheme = Scheme::Etc, .permute = false, .rotate = false}, 1, 8), 4));
        QVERIFY(near(bits({.scheme = Scheme::Pe}, 3, 8), 192 + 64 * std::log2(6)));
        QVERIFY(near(bits({.scheme = Scheme::Pe, .channels = false}, 3, 8), 192));
        QVERIFY(near(bits({.scheme = Scheme::Shf, .block = 2}, 3, 8), std::log2(479001600.0)));
        QVERIFY(near(bits({.scheme = Scheme::Np, .block = 2}, 3, 8), std::log2(924))); // 12 over 6
        QVERIFY(near(bits({.scheme = Scheme::Ffx, .block = 2}, 3, 8), std::log2(924) + 256));
        QVERIFY(near(bits({.scheme = Scheme::Le, .block = 2}, 1, 8), std::log2(40320)));
        QVERIFY(near(bits({.scheme = Scheme::Le, .block = 2, .independentFlags = true}, 1, 8),
                     std::log2(40320) + 8));
        QVERIFY(near(bits({.scheme = Scheme::Ele, .block = 2}, 1, 4), 4 * std::log2(40320) + std::log2(24)));
        // The specification's "48! = 2^202.9".
        QVERIFY(std::abs(bits({.scheme = Scheme::Shf}, 3, 8) - 202.9) < 0.1);
    }

    void steps()
    {
        const torch::Tensor images = ramp();
        // Without any step nothing happens.
        const CipherSpec none{.permute = false, .rotate = false, .negative = false, .channels = false};
        QVERIFY(torch::equal(Cipher(none, vectorKey(), 3, 8, 12).encrypt(images), images));
        // Grey pixels stay grey where the channels alone are shuffled.
        const torch::Tensor grey = images.narrow(1, 0, 1).expand({1, 3, 8, 12}).contiguous();
        CipherSpec colours = none;
        colours.channels = true;
        QVERIFY(torch::equal(Cipher(colours, vectorKey(), 3, 8, 12).encrypt(grey), grey));
        // A true permutation: no channel is doubled, whatever the order.
        const torch::Tensor shuffled = Cipher(colours, vectorKey(), 3, 8, 12).encrypt(images);
        QVERIFY(torch::equal(std::get<0>(shuffled.sort(1)), std::get<0>(images.sort(1))));
        QVERIFY(!torch::equal(shuffled, images));
    }

    void paddingRepeatsTheEdge()
    {
        const torch::Tensor images = ramp().narrow(2, 0, 5);
        const torch::Tensor padded = padToBlocks(images, 4);
        QVERIFY((padded.sizes() == std::vector<std::int64_t>{1, 3, 8, 12}));
        QVERIFY(torch::equal(padded.narrow(2, 0, 5), images));
        for (const int row : {5, 6, 7})
            QVERIFY(torch::equal(padded.select(2, row), images.select(2, 4)));
        QVERIFY(torch::equal(padToBlocks(images, 1), images));
        const torch::Tensor corner = padToBlocks(ramp().to(torch::kFloat32), 16);
        QVERIFY((corner.sizes() == std::vector<std::int64_t>{1, 3, 16, 16}));
        QCOMPARE(corner[0][2][15][15].item<float>(), ramp()[0][2][7][11].item<float>());
    }

    void whatDoesNotFitIsRefused()
    {
        const SecretKey key = vectorKey();
        QCOMPARE(
            sentenceOf([&] { Cipher({}, key, 3, 10, 12); }),
            QString("cipher: images of 12 x 10 pixels cannot be cut into blocks of 4. Choose a block that "
                    "divides both sides, or pad the images."));
        Cipher({.scheme = Scheme::Pe}, key, 3, 10, 13); // has no blocks
        QVERIFY(sentenceOf([&] { Cipher({.block = 0}, key, 3, 8, 8); }).contains("'block' is 0"));
        QVERIFY(sentenceOf([&] { Cipher({.block = 257}, key, 3, 8, 8); }).contains("'block' is 257"));
        QVERIFY(sentenceOf([&] { Cipher({}, key, 0, 8, 8); }).contains("at least one value"));
        QVERIFY(sentenceOf([&] { Cipher({}, key, 3, 1 << 20, 1 << 20); }).contains("at most 2^28"));
        const Cipher cipher({}, key, 3, 8, 12);
        QVERIFY(sentenceOf([&] { cipher.encrypt(ramp().to(torch::kFloat32)); }).contains("was given Float"));
        QVERIFY(sentenceOf([&] { cipher.encrypt(ramp()[0]); }).contains("was given Byte [3, 8, 12]"));
        QVERIFY(sentenceOf([&] { cipher.decrypt(ramp().narrow(2, 0, 4)); }).contains("[1, 3, 4, 12]"));
        QVERIFY(sentenceOf([&] { cipher.encryptUnit(ramp()); }).contains("was given Byte"));
        QVERIFY(sentenceOf([&] { encryptEach({}, key, ramp(), torch::arange(2)); }).contains("needs an id"));
    }

    void hostileSpecificationsAreRefused_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("said");
        QTest::newRow("scheme") << R"({"scheme": "aes"})"
                                << "there is no scheme 'aes'";
        QTest::newRow("type") << R"({"block": "4"})"
                              << "'block' is \"4\"; it must be an integer";
        QTest::newRow("range") << R"({"block": 1000})"
                               << "from 1 to 256";
        QTest::newRow("huge") << R"({"block": 4294967300})"
                              << "from 1 to 256";
        QTest::newRow("unknown") << R"({"blok": 4})"
                                 << "a cipher has no field 'blok'";
        QTest::newRow("flag") << R"({"rotate": 1})"
                              << "'rotate' is 1; it must be true or false";
        QTest::newRow("cipher") << R"({"ffxCipher": "des"})"
                                << "it must be \"ff1\" or \"hmac\"";
        QTest::newRow("list") << R"([1])"
                              << "must be a JSON object";
    }

    void hostileSpecificationsAreRefused()
    {
        QFETCH(QString, json);
        QFETCH(QString, said);
        const QString sentence = sentenceOf([&] { cipherFromJson(Json::parse(json.toStdString()), "spec"); });
        QVERIFY2(sentence.contains(said), qPrintable(sentence));
    }

    /// Whatever stands in encrypted digits decodes to something.
    void digitsOfNoByteAreTotal()
    {
        const Cipher cipher({.scheme = Scheme::Ffx}, vectorKey(), 1, 4, 4);
        const torch::Tensor hostile =
            torch::tensor({-32768, -1, 999, 1000, 32767, 256, 300, 0}, torch::kInt16)
                .repeat({2})
                .view({1, 1, 4, 4});
        const torch::Tensor back = cipher.decrypt(hostile);
        QVERIFY(back.scalar_type() == torch::kUInt8);
        for (const int at : {0, 1, 3, 4})
            QCOMPARE(back.flatten()[at].item<int>(), 0);
    }
};

QTEST_GUILESS_MAIN(tst_CipherVectors)
#include "tst_cipher_vectors.moc"
