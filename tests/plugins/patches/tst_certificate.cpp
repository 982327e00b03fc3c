#include "backend/engine/files.h"
#include "backend/metrics/image_similarity.h"
#include "backend/protocol/json.h"
#include "plugins/patches/certificate.h"
#include "tests/support/sentence_of.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <algorithm>

using namespace assay;
using namespace assay::medlocker;

namespace {

constexpr int kFewRounds = 100; ///< of key derivation: speed, not secrecy
const QByteArray kSecret = "the owner's own secret";

torch::Tensor scenery(int seed)
{
    torch::Tensor image = torch::empty({3, 32, 40}, torch::kUInt8);
    std::uint8_t* out = image.data_ptr<std::uint8_t>();
    for (int c = 0; c < 3; ++c)
        for (int v = 0; v < 32; ++v)
            for (int u = 0; u < 40; ++u)
                *out++ =
                    static_cast<std::uint8_t>(40 + 2 * ((v * (seed + 1) + u * (3 - seed) + 20 * c) % 60));
    return image;
}

} // namespace

/// A certificate verifies its own watermark and refuses another's.
class TstCertificate : public QObject
{
    Q_OBJECT

private:
    const Logo m_logo = LogoSource::ringAndBar("white").at(12);
    const Placement m_place{.alpha = 210, .u = 21, .v = 6};
    torch::Tensor m_marked = watermarked(scenery(0), m_logo, m_place);

    Certificate owned(bool lossless = false) const
    {
        return {.dataset = "scenery",
                .datasetHash = "abc",
                .logos = {{12, m_logo}},
                .images = {certify(17, scenery(0), m_marked, m_logo, m_place, lossless)}};
    }

private Q_SLOTS:
    void whatIsSealedComesBack()
    {
        const std::string text = sealedText(owned(true), kSecret, kFewRounds);
        const Certificate read = openCertificate(text, kSecret, "certificate.json");
        QCOMPARE(read.dataset, std::string("scenery"));
        QCOMPARE(read.logos.at(12), m_logo);
        QCOMPARE(read.images.size(), std::size_t(1));
        QCOMPARE(read.images[0].sample, std::int64_t(17));
        QCOMPARE(read.images[0].placement, m_place);
        QVERIFY(withoutWatermark(read, read.images[0], m_marked).equal(scenery(0)));
        // In clear there is nothing of the secret, nor twice the same.
        QVERIFY(!QByteArray::fromStdString(text).contains("alpha") &&
                !QByteArray::fromStdString(text).contains("scenery"));
        QVERIFY(text != sealedText(owned(true), kSecret, kFewRounds));
    }

    /// AES-256-CTR, F.5.5 of NIST SP 800-38A; PBKDF2-HMAC-SHA256 and HMAC are compared with Python's below.
    void sealsAreThoseOfTheStandards()
    {
        const Sealed s = seal("attack at dawn", kSecret, kFewRounds);
        const QByteArray script =
            "import hashlib,hmac,sys\n"
            "secret,salt,iv,check,payload=[bytes.fromhex(a) for a in sys.argv[1:]]\n"
            "k=hashlib.pbkdf2_hmac('sha256',secret,salt,100,64)\n"
            "print(k[:32].hex())\n"
            "print(hmac.new(k[32:],b'assay certificate key check','sha256').hexdigest()[:16])\n"
            "print(hmac.new(k[32:],b'0000000100'+salt+iv+check+payload,'sha256').hexdigest())\n";
        QProcess python;
        python.start("/usr/bin/python3", {"-c", script, kSecret.toHex(), s.salt.toHex(), s.iv.toHex(),
                                          s.keyCheck.toHex(), s.payload.toHex()});
        QVERIFY(python.waitForFinished());
        const QList<QByteArray> lines = python.readAllStandardOutput().split('\n');
        QCOMPARE(lines.value(1), s.keyCheck.toHex());
        QCOMPARE(lines.value(2), s.hmac.toHex());
        // And the cipher by the openssl program.
        QProcess openssl;
        openssl.start("openssl",
                      {"enc", "-d", "-aes-256-ctr", "-K", lines.value(0), "-iv", s.iv.toHex(), "-nopad"});
        openssl.write(s.payload);
        openssl.closeWriteChannel();
        QVERIFY(openssl.waitForFinished());
        QCOMPARE(openssl.readAllStandardOutput(), QByteArray("attack at dawn"));
    }

    void anotherKeyIsRefused()
    {
        const std::string text = sealedText(owned(), kSecret, kFewRounds);
        QCOMPARE(test::sentenceOf([&] { openCertificate(text, "somebody else's secret", "c.json"); }),
                 QString("c.json: the certificate was not made with this key. Give the key file of its "
                         "owner as 'key_file'."));
    }

    void everyChangeIsRefused_data()
    {
        QTest::addColumn<QString>("field");
        for (const char* field : {"iterations", "salt", "iv", "key_check", "payload", "hmac_sha256"})
            QTest::newRow(field) << QString(field);
    }
    /// One changed character of any part.
    void everyChangeIsRefused()
    {
        QFETCH(QString, field);
        Json json = Json::parse(sealedText(owned(), kSecret, kFewRounds));
        Json& value = json[field.toStdString()];
        if (value.is_number()) {
            value = kFewRounds + 1;
        } else {
            auto text = value.get<std::string>();
            text[4] = text[4] == 'a' ? 'b' : 'a';
            value = text;
        }
        const QString said = test::sentenceOf([&] { openCertificate(json.dump(), kSecret, "c.json"); });
        const bool changesTheKey = field == "iterations" || field == "salt" || field == "key_check";
        QCOMPARE(said,
                 changesTheKey
                     ? QString("c.json: the certificate was not made with this key. Give the key file of "
                               "its owner as 'key_file'.")
                     : QString("c.json: the certificate was changed after it was signed. Use the file as "
                               "patches.medlocker wrote it."));
    }

    void whatIsNoCertificateIsRefused()
    {
        QCOMPARE(test::sentenceOf([] { openCertificate("{\"a\": 1}", kSecret, "a.json"); }),
                 QString("a.json: this is no certificate. Give the certificate.json of a run."));
    }

    void itsOwnImageIsVerified()
    {
        const Certificate certificate = owned();
        const Finding f = examine(certificate, m_marked, std::nullopt);
        QCOMPARE(f.verdict, Verdict::Verified);
        QCOMPARE(f.sentence, std::string("Pixel for pixel sample 17 of the certificate."));
        const torch::Tensor back = withoutWatermark(certificate, *f.image, m_marked);
        QCOMPARE(pixelHash(scenery(0)), f.image->original);
        const auto decibels = [](const torch::Tensor& levels) {
            const auto unit = [](const torch::Tensor& t) { return t.to(torch::kFloat64).unsqueeze(0) / 255; };
            return metrics::psnr(unit(levels), unit(scenery(0))).item<double>();
        };
        QVERIFY(decibels(back) > 45);
        QVERIFY(decibels(m_marked) < 30);
    }

    /// Noise, as compression leaves it, costs the pixels but neither logo nor picture.
    void aChangedCopyIsRecognised()
    {
        torch::Tensor noisy = m_marked.clone();
        std::uint8_t* p = noisy.data_ptr<std::uint8_t>();
        for (std::int64_t i = 0; i < noisy.numel(); ++i)
            p[i] =
                static_cast<std::uint8_t>(std::clamp<int>(p[i] + static_cast<int>(i * 7 % 11) - 5, 0, 255));
        const Finding f = examine(owned(), noisy, 17);
        QCOMPARE(f.verdict, Verdict::Recognised);
        QVERIFY(f.correlation > kLogoFound);
        QCOMPARE(examine(owned(), noisy, std::nullopt).sentence,
                 std::string("The image is none of the certificate."));
        QCOMPARE(examine(owned(), noisy, 3).sentence, std::string("The certificate has no sample 3."));
    }

    /// A faint logo drowns in a busy picture, but not in what differs from the original.
    void withTheOriginalAFaintLogoIsFound()
    {
        const Placement faint{.alpha = 60, .u = 3, .v = 9};
        torch::Tensor copy = watermarked(scenery(0), m_logo, faint);
        const Certificate plain{.logos = {{12, m_logo}},
                                .images = {certify(17, scenery(0), copy, m_logo, faint, false)}};
        const Certificate full{.logos = {{12, m_logo}},
                               .images = {certify(17, scenery(0), copy, m_logo, faint, true)}};
        copy[0][0][0] = copy[0][0][0].item<int>() + 1;
        QCOMPARE(examine(plain, copy, 17).verdict, Verdict::NoLogo);
        QCOMPARE(examine(plain, copy, 17, scenery(0)).verdict, Verdict::Recognised);
        QVERIFY(examine(plain, copy, 17, scenery(0)).correlation > 0.99);
        QCOMPARE(examine(full, copy, 17).verdict, Verdict::Recognised);
        QCOMPARE(examine(full, scenery(0), 17).verdict, Verdict::NoLogo);
    }

    void aMovedLogoIsRefused()
    {
        const torch::Tensor moved = watermarked(scenery(0), m_logo, {.alpha = 210, .u = 6, .v = 21 - 3});
        const Finding f = examine(owned(), moved, 17);
        QCOMPARE(f.verdict, Verdict::Moved);
        QCOMPARE(f.sentence, std::string("The logo lies at column 6, row 18, not at the certified column 21, "
                                         "row 6 of sample 17."));
    }

    void anotherPictureIsRefused()
    {
        const Finding f = examine(owned(), watermarked(scenery(2), m_logo, m_place), 17);
        QCOMPARE(f.verdict, Verdict::OtherPicture);
        QVERIFY(QString::fromStdString(f.sentence)
                    .endsWith("but the picture is not sample 17 of the "
                              "certificate."));
    }

    void theOriginalHasNoLogo()
    {
        const Finding f = examine(owned(), scenery(0), 17);
        QCOMPARE(f.verdict, Verdict::NoLogo);
        QVERIFY(!f.accepted());
        QVERIFY(
            QString::fromStdString(f.sentence)
                .startsWith("There is no logo at column 21, row 6, where sample 17 of the certificate has "
                            "it (correlation "));
    }

    void keysLieInFilesOfTheirOwner()
    {
        QTemporaryDir folder;
        qputenv("XDG_CONFIG_HOME", folder.path().toLocal8Bit());
        qunsetenv("ASSAY_OWNER_KEY");
        const OwnerKey made = ownerKey({});
        QVERIFY(made.made);
        QCOMPARE(made.secret.size(), 64);
        QCOMPARE(QFile::permissions(QString::fromStdString(made.file.string())) &
                     (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
                 QFile::Permissions());
        const OwnerKey again = ownerKey({});
        QVERIFY(!again.made);
        QCOMPARE(again.secret, made.secret);
        const std::string brief = folder.filePath("brief").toStdString();
        engine::writeFileAtomically(brief, "short\n");
        QCOMPARE(test::sentenceOf([&] { ownerKey(brief); }),
                 QString::fromStdString(brief) +
                     ": the key has 5 bytes; 16 are the least. Make one with 'openssl rand -hex 32'.");
        engine::writeFileAtomically(brief, "sixteen bytes of key\n");
        qputenv("ASSAY_OWNER_KEY", QByteArray::fromStdString(brief));
        QCOMPARE(ownerKey({}).secret, QByteArray("sixteen bytes of key"));
        qunsetenv("ASSAY_OWNER_KEY");
    }
};

QTEST_GUILESS_MAIN(TstCertificate)
#include "tst_certificate.moc"
