#include "sample_figures.h"

#include "backend/protocol/error.h"
#include "widgets/figures/figure_export.h"

#include <QFile>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::widgets;

/// Damaged and hostile files: reading evidence gives nothing, something, or a sentence; never a crash.
class EvidenceFuzz : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void survivesMutations_data();
    void survivesMutations();
    void survivesHandMadeFiles_data();
    void survivesHandMadeFiles();

private:
    static void readOnly(const QString& path)
    {
        try {
            (void)readEvidence(path);
        } catch (const Error&) {
        }
    }
    static void write(const QString& path, const QByteArray& bytes)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
};

void EvidenceFuzz::survivesMutations_data()
{
    QTest::addColumn<QString>("format");
    for (const char* format : {"pdf", "svg", "png"})
        QTest::newRow(format) << format;
}

void EvidenceFuzz::survivesMutations()
{
    QFETCH(QString, format);
    constexpr int kMutations = 400;
    QTemporaryDir folder;
    const QString path = folder.filePath("figure." + format);
    exportFigure(test::points(),
                 {Json{{"assay", "0.1.0"}, {"deep", Json::array({1, "(a)", Json::object()})}}}, path,
                 {.widthMm = 40, .heightMm = 30, .dpi = 50});
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray whole = file.readAll();
    file.close();
    const qsizetype evidence = whole.indexOf("Assay-Evidence");
    QVERIFY(evidence > 0);
    QRandomGenerator random(20261122);
    for (int i = 0; i < kMutations; ++i) {
        QByteArray bytes = whole;
        const int edits = 1 + random.bounded(8);
        for (int e = 0; e < edits; ++e) {
            // Half of the edits fall near the evidence, where the parsers look.
            const qsizetype near =
                std::clamp<qsizetype>(evidence - 60 + random.bounded(240), 0, bytes.size() - 1);
            const qsizetype at = random.bounded(2) ? near : random.bounded(static_cast<int>(bytes.size()));
            switch (random.bounded(4)) {
            case 0:
                bytes[at] = static_cast<char>(random.bounded(256));
                break;
            case 1:
                bytes.remove(at, 1 + random.bounded(20));
                break;
            case 2:
                bytes.insert(at, QByteArray(1 + random.bounded(20), static_cast<char>(random.bounded(256))));
                break;
            default:
                bytes.truncate(std::max<qsizetype>(1, at));
            }
            if (bytes.isEmpty())
                bytes = "x";
        }
        write(path, bytes);
        readOnly(path);
    }
}

void EvidenceFuzz::survivesHandMadeFiles_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const QByteArray png("\x89PNG\r\n\x1a\n", 8);
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("png that ends") << png;
    QTest::newRow("png with a chunk of 4 GiB") << png + QByteArray("\xff\xff\xff\xfftEXtAssay-Evidence", 22);
    QTest::newRow("png with empty chunks") << png + QByteArray("\0\0\0\0abcd\0\0\0\0", 12).repeated(20000);
    QTest::newRow("pdf with an open string")
        << QByteArray("%PDF-1.4\n/Assay-Evidence (") + QByteArray(1 << 20, '(');
    QTest::newRow("pdf with a backslash at the end") << QByteArray("%PDF-1.4\n/Assay-Evidence (\\");
    QTest::newRow("svg with many elements") << QByteArray("<svg>") + QByteArray("<metadata").repeated(100000);
    QTest::newRow("svg with deep json")
        << QByteArray("<svg><metadata id=\"Assay-Evidence\">") + QByteArray(200000, '[') + "</metadata>";
    QTest::newRow("svg with a number")
        << QByteArray("<svg><metadata id=\"Assay-Evidence\">7</metadata></svg>");
}

void EvidenceFuzz::survivesHandMadeFiles()
{
    QFETCH(QByteArray, bytes);
    QTemporaryDir folder;
    const QString path = folder.filePath("figure.svg");
    write(path, bytes);
    bool found = true;
    try {
        found = readEvidence(path).has_value();
    } catch (const Error&) {
        found = false;
    }
    QVERIFY(!found);
}

QTEST_MAIN(EvidenceFuzz)
#include "fuzz_evidence.moc"
