#include "backend/encryption/cipher.h"
#include "tests/counting_device/counting_device.h"
#include "tests/support/sentence_of.h"

#include <QTest>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

using namespace assay;
using namespace assay::encryption;
using assay::test::sentenceOf;

namespace {

SecretKey cipherKey()
{
    return SecretKey::fromBytes("vision");
}

torch::Tensor randomBytes(std::int64_t n, std::int64_t channels, std::int64_t height, std::int64_t width)
{
    const at::Generator generator = at::detail::createCPUGenerator(5);
    return torch::randint(256, {n, channels, height, width}, generator, torch::kUInt8);
}

/// Every scheme with its options, by a name for rows of tests.
std::vector<std::pair<std::string, CipherSpec>> allSpecs()
{
    std::vector<std::pair<std::string, CipherSpec>> all;
    for (const std::string& name : schemeNames())
        all.emplace_back(name, CipherSpec{.scheme = schemeFromName(name)});
    all.emplace_back("etc without rotation", CipherSpec{.scheme = Scheme::Etc, .rotate = false});
    all.emplace_back(
        "etc blocks alone",
        CipherSpec{.scheme = Scheme::Etc, .rotate = false, .negative = false, .channels = false});
    all.emplace_back("etc 8", CipherSpec{.scheme = Scheme::Etc, .block = 8});
    all.emplace_back("shf 2", CipherSpec{.scheme = Scheme::Shf, .block = 2});
    all.emplace_back("pe without channels", CipherSpec{.scheme = Scheme::Pe, .channels = false});
    all.emplace_back("le with flags", CipherSpec{.scheme = Scheme::Le, .independentFlags = true});
    all.emplace_back("ele with flags",
                     CipherSpec{.scheme = Scheme::Ele, .block = 8, .independentFlags = true});
    all.emplace_back("ffx hmac", CipherSpec{.scheme = Scheme::Ffx, .ffxCipher = DigitCipher::Hmac});
    return all;
}

bool movesValues(const CipherSpec& spec)
{
    return spec.scheme == Scheme::Etc || spec.scheme == Scheme::Pe || spec.scheme == Scheme::Shf ||
           spec.scheme == Scheme::Np;
}

void addSpecRows()
{
    QTest::addColumn<std::size_t>("which");
    const auto all = allSpecs();
    for (std::size_t i = 0; i < all.size(); ++i)
        QTest::newRow(all[i].first.c_str()) << i;
}

CipherSpec specOfRow()
{
    QFETCH_GLOBAL(std::size_t, which);
    return allSpecs()[which].second;
}

} // namespace

class tst_Cipher : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addSpecRows(); }

    /// Condition 1 of the specification.
    void roundTripsAreExact()
    {
        const CipherSpec spec = specOfRow();
        for (const std::int64_t channels : {1, 3}) {
            const torch::Tensor images = randomBytes(128, channels, 32, 24);
            const Cipher cipher(spec, cipherKey(), channels, 32, 24);
            const torch::Tensor encrypted = cipher.encrypt(images);
            QVERIFY(torch::equal(cipher.decrypt(encrypted), images));
            QVERIFY(encrypted.sizes() == images.sizes());
            QVERIFY(!torch::equal(encrypted.to(torch::kUInt8), images));
            QVERIFY(cipher.keySpaceBits() >= 0 && std::isfinite(cipher.keySpaceBits()));
        }
    }

    void largeImagesAreCutIntoPartsThatFit()
    {
        const CipherSpec spec = specOfRow();
        const torch::Tensor images = randomBytes(1, 3, 512, 520);
        const Cipher cipher(spec, cipherKey(), 3, 512, 520);
        const torch::Tensor encrypted = cipher.encrypt(images);
        QVERIFY(torch::equal(cipher.decrypt(encrypted), images));
        QVERIFY(torch::equal(cipher.encrypt(images.repeat({3, 1, 1, 1})), encrypted.repeat({3, 1, 1, 1})));
    }

    /// What a network is given is what the bytes become.
    void unitsAreTheBytes()
    {
        const CipherSpec spec = specOfRow();
        const torch::Tensor images = randomBytes(9, 3, 16, 16);
        const Cipher cipher(spec, cipherKey(), 3, 16, 16);
        const torch::Tensor unit = cipher.encryptUnit(images.to(torch::kFloat32) / 255);
        const torch::Tensor bytes = cipher.encrypt(images).to(torch::kFloat32) / cipher.digitScale();
        QVERIFY((unit - bytes).abs().max().item<float>() < 1e-6f);
        QVERIFY(unit.min().item<float>() >= 0 && unit.max().item<float>() <= 1);
    }

    void gradientsPass()
    {
        const CipherSpec spec = specOfRow();
        const Cipher cipher(spec, cipherKey(), 3, 8, 8);
        const torch::Tensor x = (randomBytes(2, 3, 8, 8).to(torch::kFloat32) / 255).requires_grad_();
        const torch::Tensor weights = randomBytes(2, 3, 8, 8).flip(0).to(torch::kFloat32);
        const torch::Tensor y = cipher.encryptUnit(x);
        const torch::Tensor loss = (y * weights).sum();
        const torch::Tensor gradient = torch::autograd::grad({loss}, {x}).front();
        if (!movesValues(spec)) { // straight through
            QVERIFY(torch::equal(gradient, weights));
            return;
        }
        // The change of one input at a time is the gradient exactly, the map being affine.
        const torch::NoGradGuard off;
        for (const std::int64_t value : {0, 17, 100, 191}) {
            torch::Tensor moved = x.detach().clone();
            moved.flatten(1).select(1, value).add_(0.25);
            const torch::Tensor change = ((cipher.encryptUnit(moved) - y) * weights).flatten(1).sum(1) / 0.25;
            const torch::Tensor expected = gradient.flatten(1).select(1, value);
            QVERIFY((change - expected).abs().max().item<float>() < 1e-2f);
        }
    }

    void gradientsCanBeTakenTwice()
    {
        const CipherSpec spec = specOfRow();
        const Cipher cipher(spec, cipherKey(), 3, 8, 8);
        const torch::Tensor x = (randomBytes(1, 3, 8, 8).to(torch::kFloat32) / 255).requires_grad_();
        const torch::Tensor y = cipher.encryptUnit(x).pow(2).sum();
        const torch::Tensor first = torch::autograd::grad({y}, {x}, {}, true, true).front();
        const torch::Tensor second = torch::autograd::grad({first.sum()}, {x}).front();
        // d/dx of 2 y dy/dx with dy/dx = 1 or -1.
        QVERIFY((second - 2).abs().max().item<float>() < 1e-6f);
    }

    void everyImageHasItsOwnKey()
    {
        const CipherSpec spec = specOfRow();
        const torch::Tensor images = randomBytes(1, 3, 16, 16).repeat({4, 1, 1, 1});
        const torch::Tensor ids = torch::tensor({7, 3, 7, 40}, torch::kInt64);
        const torch::Tensor each = encryptEach(spec, cipherKey(), images, ids);
        QVERIFY(torch::equal(each[0], each[2]));
        QVERIFY(!torch::equal(each[0], each[1]));
        QVERIFY(torch::equal(each.narrow(0, 3, 1),
                             Cipher(spec, cipherKey(), 3, 16, 16, 40).encrypt(images.narrow(0, 3, 1))));
        QVERIFY(!torch::equal(each[0], Cipher(spec, cipherKey(), 3, 16, 16).encrypt(images)[0]));
        QCOMPARE(encryptEach(spec, cipherKey(), images.narrow(0, 0, 0), ids.narrow(0, 0, 0)).size(0),
                 std::int64_t(0));
    }

    /// One bit of the key: nothing is left of the image that the right key gives.
    void oneBitOfTheKeyMatters()
    {
        const CipherSpec spec = specOfRow();
        const torch::Tensor images = randomBytes(4, 3, 32, 32);
        const torch::Tensor right = Cipher(spec, cipherKey(), 3, 32, 32).encrypt(images);
        const Cipher other(spec, cipherKey().withBitFlipped(3), 3, 32, 32);
        const double changed = other.encrypt(images).ne(right).to(torch::kFloat64).mean().item<double>();
        // NP changes a value that only one of two keys inverts: half of them.
        QVERIFY2(changed > 0.4, qPrintable(QString::number(changed)));
        QVERIFY(other.decrypt(right).ne(images).to(torch::kFloat64).mean().item<double>() > 0.4);
    }

    void sourcesSayWhereValuesCameFrom()
    {
        const CipherSpec spec = specOfRow();
        const Cipher cipher(spec, cipherKey(), 3, 16, 16);
        if (!movesValues(spec)) {
            QVERIFY(sentenceOf([&] { cipher.sources(); }).contains("changes values and does not only move"));
            return;
        }
        const torch::Tensor images = randomBytes(1, 3, 16, 16);
        const torch::Tensor moved = images.flatten().index_select(0, cipher.sources());
        const torch::Tensor encrypted = cipher.encrypt(images).flatten();
        QVERIFY(moved.eq(encrypted).logical_or(moved.bitwise_xor(255).eq(encrypted)).all().item<bool>());
    }

    void anotherDeviceGivesTheSame()
    {
        const CipherSpec spec = specOfRow();
        const c10::Device device = test::countingDevice();
        const torch::Tensor images = randomBytes(5, 3, 16, 16);
        const Cipher cipher(spec, cipherKey(), 3, 16, 16);
        const torch::Tensor encrypted = cipher.encrypt(images), onDevice = images.to(device);
        const torch::Tensor there = cipher.encrypt(onDevice);
        QVERIFY(there.device() == device);
        QVERIFY(torch::equal(there.cpu(), encrypted));
        QVERIFY(torch::equal(cipher.decrypt(there).cpu(), images));
        // Values of another key, outside what a byte becomes, too.
        const Cipher other(spec, cipherKey().withBitFlipped(1), 3, 16, 16);
        QVERIFY(torch::equal(other.decrypt(there).cpu(), other.decrypt(encrypted)));
        const torch::Tensor unit = images.to(torch::kFloat32) / 255;
        QVERIFY(
            (cipher.encryptUnit(unit.to(device)).cpu() - cipher.encryptUnit(unit)).abs().max().item<float>() <
            1e-6f);
        QVERIFY(torch::equal(encryptEach(spec, cipherKey(), onDevice, torch::arange(5)).cpu(),
                             encryptEach(spec, cipherKey(), images, torch::arange(5))));
        // Once the tables are there, nothing crosses.
        const test::Transfers before = test::transfers();
        cipher.decrypt(cipher.encrypt(onDevice));
        QCOMPARE((test::transfers() - before).crossings(), std::int64_t(0));
    }

    void specificationsAreWrittenAndRead()
    {
        const CipherSpec spec = specOfRow();
        QVERIFY(cipherFromJson(toJson(spec), "test") == spec);
        QVERIFY(describe(spec).size() >= 2);
    }
};

QTEST_GUILESS_MAIN(tst_Cipher)
#include "tst_cipher.moc"
