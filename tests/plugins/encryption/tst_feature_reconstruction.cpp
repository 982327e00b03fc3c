#include "backend/encryption/cipher.h"
#include "plugins/encryption/feature_reconstruction.h"

#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

using namespace assay;
using namespace assay::encryption;

class tst_FeatureReconstruction : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// The specification's condition 4: the output is min(p, 255 - p) of the plain image exactly.
    void foldingUndoesInversionUpToItsSign()
    {
        const torch::Tensor plain =
            torch::arange(2 * 3 * 8 * 8).remainder(256).to(torch::kUInt8).view({2, 3, 8, 8});
        const SecretKey key = SecretKey::fromBytes("vision");
        for (const CipherSpec& spec :
             {CipherSpec{.scheme = Scheme::Np}, CipherSpec{.scheme = Scheme::Pe, .channels = false}}) {
            const torch::Tensor folded = foldValues(Cipher(spec, key, 3, 8, 8).encrypt(plain));
            QVERIFY(torch::equal(folded, foldValues(plain)));
            QVERIFY(folded.max().item<int>() <= 127);
        }
        QVERIFY(torch::equal(foldValues(plain), torch::minimum(plain, 255 - plain)));
    }

    /// Images that change by a step at a time, so that the nearest candidate is the right one.
    void neighboursLeadTheWay()
    {
        const torch::Tensor row = torch::arange(16).view({1, 1, 16, 1}),
                            column = torch::arange(16).view({1, 1, 1, 16});
        // Channels and their inverses keep to ranges of their own.
        const torch::Tensor plain =
            torch::cat({row + column, 50 + row + 2 * column, 100 + (row + column).div(2, "floor")}, 1)
                .to(torch::kUInt8);
        const SecretKey key = SecretKey::fromBytes("vision");
        for (const bool channels : {false, true}) {
            const Cipher cipher({.scheme = Scheme::Pe, .channels = channels}, key, 3, 16, 16);
            const torch::Tensor encrypted = cipher.encrypt(plain);
            QVERIFY(!torch::equal(encrypted, plain));
            QVERIFY(torch::equal(followNeighbours(encrypted, plain.select(3, 0).select(2, 0)), plain));
        }
    }

    void chosenPlaintextsBreakASharedKey()
    {
        const at::Generator generator = at::detail::createCPUGenerator(3);
        const SecretKey key = SecretKey::fromBytes("vision"), other = SecretKey::fromBytes("other");
        for (const std::int64_t channels : {1, 3}) {
            const torch::Tensor plain = torch::randint(256, {3, channels, 16, 16}, generator, torch::kUInt8);
            const auto ask = [&](const CipherSpec& spec, const SecretKey& asked, auto attack) {
                const Cipher cipher(spec, key, channels, 16, 16), answers(spec, asked, channels, 16, 16);
                return attack([&](const torch::Tensor& x) { return answers.encrypt(x); },
                              cipher.encrypt(plain));
            };
            for (const bool shuffled : {false, true}) {
                const CipherSpec pe{.scheme = Scheme::Pe, .channels = shuffled};
                const ChosenPlaintext found = ask(pe, key, askConstant);
                QVERIFY(torch::equal(found.decrypted, plain));
                QCOMPARE(found.queries, std::int64_t(1));
                QVERIFY(!torch::equal(ask(pe, other, askConstant).decrypted, plain));
            }
            for (const char* name : {"etc", "le", "ele", "pe", "shf", "np"}) {
                const CipherSpec spec{.scheme = schemeFromName(name)};
                const ChosenPlaintext found = ask(spec, key, askNibbles);
                QVERIFY2(torch::equal(found.decrypted, plain), name);
                QCOMPARE(found.queries,
                         std::int64_t(4)); // 1536 or 512 nibbles: three digits of base 16, and zeros
                QVERIFY(!torch::equal(ask(spec, other, askNibbles).decrypted, plain));
            }
            const ChosenPlaintext codes = ask({.scheme = Scheme::Ffx}, key, askCodebook);
            QVERIFY(torch::equal(codes.decrypted, plain));
            QCOMPARE(codes.queries, std::int64_t(256));
        }
    }
};

QTEST_GUILESS_MAIN(tst_FeatureReconstruction)
#include "tst_feature_reconstruction.moc"
