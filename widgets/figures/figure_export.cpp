#include "widgets/figures/figure_export.h"

#include "backend/protocol/csv.h"
#include "backend/protocol/error.h"
#include "backend/protocol/whole_file.h"
#include "widgets/figures/evidence_formats.h"
#include "widgets/figures/plot_renderer.h"

#include <QApplication>
#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>

namespace assay::widgets {

namespace {

const QString kSidecar = QStringLiteral(".evidence.json");

void check(const QString& path, const ExportOptions& o)
{
    const auto refuse = [&](const char* what, double found, const char* expected) {
        throw Error(
            QStringLiteral("%1 is %2; it must be in %3").arg(what).arg(found).arg(expected).toStdString(),
            path.toStdString(), "Change it and export again");
    };
    if (!(o.widthMm >= 20 && o.widthMm <= 1000))
        refuse("the width in mm", o.widthMm, "[20, 1000]");
    if (!(o.heightMm >= 15 && o.heightMm <= 1000))
        refuse("the height in mm", o.heightMm, "[15, 1000]");
    if (!(o.fontPt >= 3 && o.fontPt <= 72))
        refuse("the font size in pt", o.fontPt, "[3, 72]");
    if (o.dpi < 36 || o.dpi > 2400)
        refuse("the resolution in dpi", o.dpi, "[36, 2400]");
    // A picture's pixels are held in memory while it is drawn.
    const double pixels = o.widthMm * o.heightMm / (25.4 * 25.4) * o.dpi * o.dpi;
    if (path.endsWith(".png", Qt::CaseInsensitive) && pixels > 2e8)
        refuse("the number of megapixels", pixels / 1e6, "[0, 200]");
}

QByteArray render(const protocol::Figure& figure, const QString& suffix, const QByteArray& evidence,
                  const ExportOptions& options)
{
    if (suffix == "pdf")
        return embedInPdf(renderPdf(figure, options), evidence);
    if (suffix == "svg")
        return embedInSvg(renderSvg(figure, options), evidence);
    return embedInPng(renderPng(figure, options), evidence);
}

/// Null when there is none that can be read.
Json parsed(const std::optional<QByteArray>& text)
{
    if (!text || text->size() > kMostEvidence)
        return nullptr;
    Json json = Json::parse(text->begin(), text->end(), nullptr, false);
    return json.is_discarded() ? Json() : json;
}

/// What lies in or beside the file under Evidence::key().
Json evidenceOf(const QString& path)
{
    QFile file(path);
    const QString suffix = QFileInfo(path).suffix().toLower();
    if (suffix == "csv") {
        if (QFile sidecar(path + kSidecar); sidecar.open(QIODevice::ReadOnly))
            return parsed(sidecar.read(kMostEvidence + 2));
        // Numbers that lie beside a drawing share its evidence.
        const QString drawing = path.chopped(4);
        return QFileInfo(drawing).suffix().toLower() != "csv" && QFileInfo(drawing).isFile()
                   ? evidenceOf(drawing)
                   : Json();
    }
    if (!file.open(QIODevice::ReadOnly))
        throw Error("cannot be read: " + file.errorString().toStdString(), path.toStdString(),
                    "Check that the file exists and may be read");
    // What is inside decides, not the name.
    const QByteArray head = file.peek(8);
    if (head.startsWith("\x89PNG"))
        return parsed(readFromPng(file));
    if (head.startsWith("%PDF-"))
        return parsed(readFromPdf(file));
    return parsed(readFromSvg(file));
}

} // namespace

QByteArray Evidence::key()
{
    return QByteArrayLiteral("Assay-Evidence");
}

QStringList exportFigure(const protocol::Figure& figure, const Evidence& evidence, const QString& path,
                         const ExportOptions& options)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    const QByteArray text = QByteArray::fromStdString(evidence.json.dump(
        -1, ' ', true, Json::error_handler_t::replace)); // ASCII: needs no encoding in any format
    const QByteArray csv = figureCsv(figure);
    if (suffix == "csv") {
        writeWhole(path, csv);
        writeWhole(path + kSidecar, text + '\n');
        return {path, path + kSidecar};
    }
    if (suffix != "pdf" && suffix != "svg" && suffix != "png")
        throw Error("a figure is written as pdf, svg, png or csv, not as \"" + suffix.toStdString() + "\"",
                    path.toStdString(), "End the file's name in .pdf, .svg, .png or .csv");
    if (!qobject_cast<QApplication*>(QCoreApplication::instance()))
        throw Error("figures can be drawn only by the window program", path.toStdString(),
                    "Export it with assay export");
    check(path, options);
    writeWhole(path, render(figure, suffix, text, options));
    writeWhole(path + ".csv", csv);
    return {path, path + ".csv"};
}

QByteArray figureCsv(const protocol::Figure& figure)
{
    return QByteArray::fromStdString(protocol::toCsv(figure));
}

QString figureHash(const protocol::Figure& figure)
{
    return QString::fromLatin1(
        QCryptographicHash::hash(figureCsv(figure), QCryptographicHash::Sha256).toHex());
}

std::optional<Evidence> readEvidence(const QString& path)
{
    Json json = evidenceOf(path);
    return json.is_object() ? std::optional(Evidence{std::move(json)}) : std::nullopt;
}

std::optional<QVector<Evidence>> readReportEvidence(const QString& path)
{
    Json json = evidenceOf(path);
    if (!json.is_array())
        return std::nullopt;
    QVector<Evidence> all;
    for (Json& figure : json) {
        if (figure.is_object() && figure.contains("evidence") && figure["evidence"].is_object())
            all << Evidence{std::move(figure["evidence"])};
    }
    return all;
}

} // namespace assay::widgets
