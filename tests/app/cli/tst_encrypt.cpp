#include "backend/imaging/image_codec.h"
#include "tests/app/cli/cli_result.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

using namespace assay;
using namespace assay::test;

namespace {

QByteArray contentOf(const QString& name)
{
    QFile file(name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

torch::Tensor pixelsOf(const QString& name, int channels = 0)
{
    const QByteArray bytes = contentOf(name);
    return imaging::decodeImage(
        {reinterpret_cast<const std::uint8_t*>(bytes.constData()), static_cast<std::size_t>(bytes.size())},
        imaging::DecodeOptions{.channels = channels}, name.toStdString());
}

/// A smooth picture whose sides are no multiples of anything.
torch::Tensor picture(std::int64_t channels)
{
    const torch::Tensor y = torch::arange(37).unsqueeze(1), x = torch::arange(51);
    std::vector<torch::Tensor> planes;
    for (std::int64_t c = 0; c < channels; ++c)
        planes.push_back((2 * y + (c + 1) * x + 40 * c).remainder(256).to(torch::kUInt8));
    return torch::stack(planes);
}

} // namespace

/// `assay-cli encrypt` and `decrypt` on image files.
class TestEncryptCommand : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    QString path(const QString& name) const { return m_dir.filePath(name); }
    CliResult cli(const QStringList& arguments, const QByteArray& input = {}) const
    {
        QProcess process;
        process.setProgram(ASSAY_TEST_BUILD_DIR "/bin/assay-cli");
        process.setArguments(arguments);
        process.start();
        process.write(input);
        process.closeWriteChannel();
        return resultOf(process);
    }
    void write(const QString& name, const std::vector<std::uint8_t>& bytes) const
    {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<qint64>(bytes.size()));
    }
    QStringList encryptTo(const QString& out, const QStringList& more) const
    {
        return QStringList{"encrypt", path("colour.png"), path("grey.png"), "--out",
                           path(out), "--key-file",       path("own.key")} +
               more;
    }
    void verifyRefused(const QStringList& arguments, const QString& said, const QByteArray& input = {}) const
    {
        const CliResult result = cli(arguments, input);
        QVERIFY2(result.err.contains(said), qPrintable(result.err));
        QCOMPARE(result.status, 2);
        QVERIFY(result.out.isEmpty());
    }

private Q_SLOTS:
    void initTestCase()
    {
        write("colour.png", imaging::encodePng(picture(3)));
        write("grey.png", imaging::encodePng(picture(1)));
        write("clear.png", imaging::encodePng(picture(4)));
        const CliResult made = cli({"encrypt", "--new-key", path("own.key")});
        QCOMPARE(made.status, 0);
        QCOMPARE(contentOf(path("own.key")).size(), 65);
        QVERIFY(!made.out.contains(contentOf(path("own.key")).trimmed().first(8))); // its fingerprint alone
        QCOMPARE(cli({"encrypt", "--new-key", path("other.key")}).status, 0);
    }

    void everySchemeGivesTheOriginalBack_data()
    {
        QTest::addColumn<QStringList>("options");
        for (const char* scheme : {"etc", "ele", "pe", "ffx"}) // a start of the program takes its time
            QTest::newRow(scheme) << QStringList{"--scheme", scheme};
        QTest::newRow("hmac") << QStringList{"--scheme", "ffx", "--ffx-cipher", "hmac", "--block", "16"};
        QTest::newRow("steps") << QStringList{"--scheme", "etc", "--no-negative", "--no-permute"};
    }

    void everySchemeGivesTheOriginalBack()
    {
        QFETCH(QStringList, options);
        const QString encrypted = QString(QTest::currentDataTag()) + "-out", back = encrypted + "-back";
        const CliResult one = cli(encryptTo(encrypted, options));
        QVERIFY2(one.status == 0, qPrintable(one.err));
        const QString colour = path(encrypted + "/colour.png"), grey = path(encrypted + "/grey.png");
        QCOMPARE(one.lines(), (QStringList{colour, grey}));
        QVERIFY(contentOf(colour) != contentOf(path("colour.png")));
        const QByteArray record = contentOf(colour + ".json"), key = contentOf(path("own.key")).trimmed();
        QVERIFY(record.contains("\"width\": 51") && !record.contains(key) && !one.err.contains(key));
        const CliResult two =
            cli({"decrypt", colour, grey, "--out", path(back), "--key-file", path("own.key")});
        QVERIFY2(two.status == 0, qPrintable(two.err));
        QVERIFY(torch::equal(pixelsOf(path(back + "/colour.png")), picture(3)));
        QVERIFY(torch::equal(pixelsOf(path(back + "/grey.png")), picture(1)));
        if (encrypted != "steps-out")
            return;
        verifyRefused({"decrypt", colour, "--out", path("never"), "--key-file", path("other.key")},
                      "was encrypted with the key ");
        QVERIFY(!QFile::exists(path("never/colour.png")));
    }

    void passphrasesTravelWithTheirSalt()
    {
        const CliResult one = cli({"encrypt", path("colour.png"), path("grey.png"), "--scheme", "shf",
                                   "--out", path("words"), "--passphrase-stdin"},
                                  "correct horse\n");
        QVERIFY2(one.status == 0, qPrintable(one.err));
        const QString colour = path("words/colour.png");
        QVERIFY(!contentOf(colour + ".json").contains("horse"));
        QCOMPARE(
            cli({"decrypt", colour, "--out", path("words-back"), "--passphrase-stdin"}, "correct horse\n")
                .status,
            0);
        QVERIFY(torch::equal(pixelsOf(path("words-back/colour.png")), picture(3)));
        verifyRefused({"decrypt", colour, "--out", path("never"), "--passphrase-stdin"},
                      "Give its passphrase", "wrong horse\n");
        verifyRefused({"decrypt", colour, "--out", path("never"), "--key-file", path("own.key")},
                      "was encrypted with a passphrase");
        // Another salt every time.
        QCOMPARE(cli({"encrypt", path("colour.png"), "--scheme", "shf", "--out", path("words2"),
                      "--passphrase-stdin"},
                     "correct horse\n")
                     .status,
                 0);
        QVERIFY(contentOf(path("words2/colour.png")) != contentOf(colour));
    }

    void transparencyIsKept()
    {
        const QStringList key = {"--key-file", path("own.key")};
        QCOMPARE(
            cli(QStringList{"encrypt", path("clear.png"), "--scheme", "le", "--out", path("clear")} + key)
                .status,
            0);
        QCOMPARE(
            cli(QStringList{"decrypt", path("clear/clear.png"), "--out", path("clear-back")} + key).status,
            0);
        QVERIFY(torch::equal(pixelsOf(path("clear-back/clear.png")), picture(4)));
    }

    void withoutItsRecordTheOptionsDo()
    {
        const QStringList how = {"--scheme", "np", "--block", "8", "--key-file", path("own.key")};
        QCOMPARE(cli(QStringList{"encrypt", path("colour.png"), "--out", path("bare")} + how).status, 0);
        QVERIFY(QFile::remove(path("bare/colour.png.json")));
        const QStringList decrypt = {"decrypt", path("bare/colour.png"), "--out", path("bare-back")};
        verifyRefused(decrypt + QStringList{"--key-file", path("own.key")},
                      "there is no colour.png.json beside");
        QCOMPARE(cli(decrypt + how).status, 0);
        const torch::Tensor back = pixelsOf(path("bare-back/colour.png"));
        QVERIFY((back.sizes() == std::vector<std::int64_t>{3, 40, 56})); // with its padding
        QVERIFY(torch::equal(back.narrow(1, 0, 37).narrow(2, 0, 51), picture(3)));
    }

    void blockScramblingSurvivesJpeg()
    {
        const QStringList key = {"--key-file", path("own.key")};
        QCOMPARE(cli(QStringList{"encrypt", path("grey.png"), "--scheme", "etc", "--block", "8", "--jpeg",
                                 "95", "--out", path("jpeg")} +
                     key)
                     .status,
                 0);
        QVERIFY(contentOf(path("jpeg/grey.jpg")).startsWith("\xff\xd8"));
        QCOMPARE(cli(QStringList{"decrypt", path("jpeg/grey.jpg"), "--out", path("jpeg-back")} + key).status,
                 0);
        const torch::Tensor back = pixelsOf(path("jpeg-back/grey.png"), 1);
        const torch::Tensor error = (back.to(torch::kFloat32) - picture(1).to(torch::kFloat32)).abs();
        QVERIFY(back.sizes() == picture(1).sizes());
        QVERIFY2(error.mean().item<float>() < 6, qPrintable(QString::number(error.mean().item<float>())));
    }

    void wrongRequestsSayWhatIsWrong()
    {
        QVERIFY(cli(encryptTo("taken", {"--scheme", "np"})).status == 0);
        verifyRefused(encryptTo("taken", {"--scheme", "np"}), "there is a file already");
        verifyRefused(encryptTo("x", {}), "name the scheme with --scheme");
        verifyRefused(encryptTo("x", {"--scheme", "aes"}), "there is no scheme 'aes'");
        verifyRefused(encryptTo("x", {"--scheme", "shf", "--jpeg", "90"}), "does not survive JPEG");
        verifyRefused(encryptTo("x", {"--scheme", "etc", "--jpeg", "90"}), "does not survive JPEG"); // of 4
        verifyRefused(encryptTo("x", {"--scheme", "etc", "--block", "8", "--jpeg", "0"}), "must be 1 to 100");
        verifyRefused(encryptTo("x", {"--scheme", "etc", "--block", "0"}), "from 1 to 256");
        verifyRefused(encryptTo("x", {"--scheme", "etc", "--block", "four"}), "is not a whole number");
        verifyRefused(encryptTo("x", {"--scheme", "etc", "--passphrase-stdin"}), "exactly one of --key-file");
        verifyRefused({"encrypt", path("colour.png"), "--scheme", "etc", "--key-file", path("own.key")},
                      "name the folder for the results");
        verifyRefused({"encrypt", path("colour.png"), path("colour.png"), "--scheme", "etc", "--key-file",
                       path("own.key"), "--out", path("x")},
                      "two images would become");
        verifyRefused({"encrypt", path("none.png"), "--scheme", "etc", "--key-file", path("own.key"), "--out",
                       path("x")},
                      "no such file");
        verifyRefused({"encrypt", path("colour.png"), "--scheme", "etc", "--key-file", path("none.key"),
                       "--out", path("x")},
                      "there is no such key file");
        verifyRefused({"encrypt", path("clear.png"), "--scheme", "ffx", "--key-file", path("own.key"),
                       "--out", path("x")},
                      "has an alpha channel");
        verifyRefused({"encrypt", "--new-key", path("own.key")}, "there is a key file already");
        QVERIFY(!QFile::exists(path("x/colour.png")));
    }

    void damagedRecordsAreRefused_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QString>("said");
        QTest::newRow("no JSON") << QByteArray("\"format\"") << QByteArray("format") << "JSON";
        QTest::newRow("format") << QByteArray("assay-encrypted-image") << QByteArray("other")
                                << "no record of";
        QTest::newRow("side") << QByteArray("\"width\": 51") << QByteArray("\"width\": 510") << "the size";
        QTest::newRow("no side") << QByteArray("\"width\": 51") << QByteArray("\"width\": 0")
                                 << "must be 1 to";
        QTest::newRow("block") << QByteArray("\"block\": 4") << QByteArray("\"block\": 9") << "blocks of 9";
        QTest::newRow("scheme") << QByteArray("\"np\"") << QByteArray("\"no\"") << "there is no scheme 'no'";
        QTest::newRow("digits") << QByteArray("\"np\"") << QByteArray("\"ffx\"") << "16 bits";
    }

    void damagedRecordsAreRefused()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(QString, said);
        const QString image = path("damaged/colour.png");
        if (!QFile::exists(image))
            QCOMPARE(cli(encryptTo("damaged", {"--scheme", "np"})).status, 0);
        const QByteArray before = contentOf(image + ".json");
        QVERIFY(before.contains(from));
        QFile record(image + ".json");
        QVERIFY(record.open(QIODevice::WriteOnly));
        record.write(QByteArray(before).replace(from, to));
        record.close();
        verifyRefused({"decrypt", image, "--out", path("never"), "--key-file", path("own.key")}, said);
        QVERIFY(record.open(QIODevice::WriteOnly));
        record.write(before);
    }
};

QTEST_GUILESS_MAIN(TestEncryptCommand)
#include "tst_encrypt.moc"
