#include "sample_figures.h"

#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"
#include "widgets/figures/evidence_formats.h"
#include "widgets/figures/figure_export.h"
#include "widgets/figures/plot_renderer.h"
#include "widgets/theme/theme.h"

#include <QBuffer>
#include <QDir>
#include <QFile>
#include <QImageReader>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::widgets;

namespace {

Evidence sampleEvidence()
{
    return {Json{{"assay", "0.1.0"},
                 {"run", "2026-11-22T031500-transfer"},
                 {"spec",
                  {{"study", "transfer.class-aware"},
                   {"seed", 7},
                   {"values", {{"note", "ε ≤ 1 (both) \\ <&> ]]> \"q\""}}}}},
                 {"figure", "outcomes-by-eps"},
                 {"outputs_sha256", "00ff"}}};
}

QByteArray contentsOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QString messageOf(const std::function<void()>& run)
{
    try {
        run();
    } catch (const Error& e) {
        return QString::fromStdString(e.what());
    }
    return {};
}

} // namespace

class FigureExportTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void evidenceComesBack_data();
    void evidenceComesBack();
    void numbersLieBeside();
    void csvIsPlain();
    void pngHasItsTrueResolution();
    void svgHasItsSizeInMillimetres();
    void pdfHasItsSizeAndKeepsText();
    void everyFigureExports_data();
    void everyFigureExports();
    void sameFigureSameHash();
    void filesWithoutEvidenceSaySo();
    void mendableErrors();
    void screenThemeDoesNotMatter();

private:
    QTemporaryDir m_folder;
    QString path(const QString& name) const { return m_folder.filePath(name); }
};

void FigureExportTest::evidenceComesBack_data()
{
    QTest::addColumn<QString>("format");
    for (const char* format : {"pdf", "svg", "png", "csv"})
        QTest::newRow(format) << format;
}

void FigureExportTest::evidenceComesBack()
{
    QFETCH(QString, format);
    const QString file = path("evidence." + format);
    const QStringList written = exportFigure(test::stackedBars(), sampleEvidence(), file);
    QCOMPARE(written.size(), 2);
    for (const QString& name : written)
        QVERIFY(QFileInfo(name).size() > 0);
    const auto back = readEvidence(file);
    QVERIFY(back.has_value());
    QCOMPARE(back->json.dump(), sampleEvidence().json.dump());
}

void FigureExportTest::numbersLieBeside()
{
    const QStringList written = exportFigure(test::stackedBars(), sampleEvidence(), path("beside.pdf"));
    QCOMPARE(written, (QStringList{path("beside.pdf"), path("beside.pdf.csv")}));
    QCOMPARE(contentsOf(written[1]).toStdString(), protocol::toCsv(test::stackedBars()));
    const auto back = readEvidence(written[1]);
    QVERIFY(back.has_value());
}

void FigureExportTest::csvIsPlain()
{
    exportFigure(test::points(), sampleEvidence(), path("plain.csv"));
    QVERIFY(contentsOf(path("plain.csv")).startsWith("layer,kind,role,"));
}

void FigureExportTest::pngHasItsTrueResolution()
{
    exportFigure(test::stackedBars(), sampleEvidence(), path("size.png"),
                 {.widthMm = 85, .heightMm = 60, .dpi = 300});
    QImageReader reader(path("size.png"));
    const QImage image = reader.read();
    QCOMPARE(image.size(), QSize(1004, 709)); // 85 and 60 mm at 300 pixels per 25.4 mm
    QCOMPARE(image.dotsPerMeterX(), 11811);
    QCOMPARE(image.pixelColor(2, 2), QColor(Qt::white));
    QVERIFY(image.text(Evidence::key()).startsWith("{\"assay\":"));
    exportFigure(test::stackedBars(), sampleEvidence(), path("twice.png"),
                 {.widthMm = 85, .heightMm = 60, .dpi = 600});
    QCOMPARE(QImage(path("twice.png")).size(), QSize(2008, 1417));
}

void FigureExportTest::svgHasItsSizeInMillimetres()
{
    exportFigure(test::cells(), sampleEvidence(), path("size.svg"), {.widthMm = 178, .heightMm = 85});
    const QByteArray svg = contentsOf(path("size.svg"));
    QVERIFY(svg.contains("width=\"178mm\""));
    QVERIFY(svg.contains("height=\"85mm\""));
    QVERIFY2(svg.contains(">Target predicts</text>"), "text has become outlines");
    QSvgRenderer renderer(path("size.svg"));
    QVERIFY(renderer.isValid());
}

void FigureExportTest::pdfHasItsSizeAndKeepsText()
{
    exportFigure(test::points(), sampleEvidence(), path("size.pdf"), {.widthMm = 85, .heightMm = 60});
    const QByteArray pdf = contentsOf(path("size.pdf"));
    const auto box =
        QRegularExpression("/MediaBox \\[\\s*0 0 ([\\d.]+) ([\\d.]+)").match(QString::fromLatin1(pdf));
    QVERIFY(box.hasMatch());
    // Within half a point: what a page of whole points can say.
    QVERIFY2(std::abs(box.captured(1).toDouble() - 85 / 25.4 * 72) <= 0.5, qPrintable(box.captured(1)));
    QVERIFY2(std::abs(box.captured(2).toDouble() - 60 / 25.4 * 72) <= 0.5, qPrintable(box.captured(2)));
    const QString info = QStandardPaths::findExecutable("pdfinfo"),
                  text = QStandardPaths::findExecutable("pdftotext");
    if (info.isEmpty() || text.isEmpty())
        return; // an independent reader, where there is one
    const auto output = [](const QString& program, const QStringList& arguments) {
        QProcess process;
        process.start(program, arguments);
        process.waitForFinished();
        return QString::fromUtf8(process.readAllStandardOutput() + process.readAllStandardError());
    };
    const QString custom = output(info, {"-custom", path("size.pdf")});
    QVERIFY2(custom.contains("Assay-Evidence") && custom.contains("transfer.class-aware"),
             qPrintable(custom));
    const QString plain = output(info, {path("size.pdf")});
    QVERIFY2(plain.contains("Models with closer decision boundaries") && !plain.contains("Error"),
             qPrintable(plain));
    QVERIFY(output(text, {path("size.pdf"), "-"}).contains("Distance of decision boundaries"));
}

void FigureExportTest::everyFigureExports_data()
{
    QTest::addColumn<int>("index");
    const auto figures = test::allFigures();
    for (std::size_t i = 0; i < figures.size(); ++i)
        QTest::newRow(figures[i].name.c_str()) << static_cast<int>(i);
}

void FigureExportTest::everyFigureExports()
{
    QFETCH(int, index);
    const protocol::Figure figure = test::allFigures()[static_cast<std::size_t>(index)];
    const QString folder = ASSAY_TEST_BUILD_DIR "/screenshots";
    QDir().mkpath(folder);
    const ExportOptions column{.widthMm = 85, .heightMm = 60, .dpi = 200, .fontPt = 7, .showTitle = false};
    const ExportOptions slide{.widthMm = 254, .heightMm = 143, .dpi = 96, .fontPt = 16};
    exportFigure(figure, sampleEvidence(), folder + "/export-column-" + QTest::currentDataTag() + ".png",
                 column);
    exportFigure(figure, sampleEvidence(), folder + "/export-slide-" + QTest::currentDataTag() + ".png",
                 slide);
    exportFigure(figure, sampleEvidence(), folder + "/export-" + QTest::currentDataTag() + ".pdf", column);
    exportFigure(figure, sampleEvidence(), folder + "/export-" + QTest::currentDataTag() + ".svg", column);
}

void FigureExportTest::sameFigureSameHash()
{
    QCOMPARE(figureHash(test::lines()), figureHash(test::lines()));
    protocol::Figure other = test::lines();
    other.layers[0].y[3] = std::nextafter(other.layers[0].y[3], 2.0);
    QVERIFY(figureHash(other) != figureHash(test::lines()));
    QCOMPARE(figureHash(test::lines()).size(), 64);
}

void FigureExportTest::filesWithoutEvidenceSaySo()
{
    QImage(4, 4, QImage::Format_RGB32).save(path("bare.png"));
    QVERIFY(!readEvidence(path("bare.png")));
    QFile text(path("notes.txt"));
    QVERIFY(text.open(QIODevice::WriteOnly));
    text.write("Assay-Evidence is not in here");
    text.close();
    QVERIFY(!readEvidence(path("notes.txt")));
    QVERIFY(!readEvidence(path("lonely.csv")));
}

void FigureExportTest::mendableErrors()
{
    QCOMPARE(messageOf([&] { exportFigure(test::lines(), {}, "figure.gif"); }),
             QString("figure.gif: a figure is written as pdf, svg, png or csv, not as \"gif\". End the "
                     "file's name in .pdf, .svg, "
                     ".png or .csv."));
    QCOMPARE(
        messageOf([&] { exportFigure(test::lines(), {}, "figure.pdf", {.widthMm = 3}); }),
        QString("figure.pdf: the width in mm is 3; it must be in [20, 1000]. Change it and export again."));
    const QString nowhere = path("no/such/folder/figure.svg");
    QVERIFY(messageOf([&] {
                exportFigure(test::lines(), {}, nowhere);
            }).startsWith(nowhere + ": the file cannot be written: "));
    QVERIFY(messageOf([&] {
                readEvidence(path("absent.pdf"));
            }).startsWith(path("absent.pdf") + ": cannot be read: "));
    if (QFile::exists("/dev/full"))
        QVERIFY(messageOf([&] {
                    exportFigure(test::lines(), {}, "/dev/full/figure.png");
                }).contains("cannot be written"));
}

void FigureExportTest::screenThemeDoesNotMatter()
{
    const QImage before = renderImage(test::lines(), {.dpi = 96});
    Theme::dark().apply();
    QCOMPARE(renderImage(test::lines(), {.dpi = 96}), before);
    Theme::light().apply();
}

QTEST_MAIN(FigureExportTest)
#include "tst_figure_export.moc"
