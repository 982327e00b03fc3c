#include "widgets/figures/export_dialog.h"

#include "widgets/figures/plot_renderer.h"
#include "widgets/figures/print_preset.h"
#include "widgets/theme/colour_vision.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QTimer>

#include <algorithm>
#include <cmath>

namespace assay::widgets {

/// One line of the list of sizes.
struct ExportSize
{
    QString name;
    double widthMm; ///< 0: whatever the boxes say
    double heightMm;
    double fontPt;

    /// The boxes show tenths.
    bool is(double width, double height) const
    {
        return std::abs(width - widthMm) < 0.06 && std::abs(height - heightMm) < 0.06;
    }
};

namespace {

QVector<ExportSize> exportSizes()
{
    QVector<ExportSize> sizes;
    const auto add = [&](const PrintPreset& preset, const QString& part, double widthMm) {
        sizes.append({ExportDialog::tr("%1 (%2 mm)").arg(preset.name + part).arg(widthMm, 0, 'f', 0), widthMm,
                      usualHeightMm(preset, widthMm), preset.fontPt});
    };
    for (const PrintPreset& preset : printPresets()) {
        const bool columns = preset.columnMm < preset.pageMm;
        if (columns)
            add(preset, preset.id == "slides" ? ExportDialog::tr(", half") : ExportDialog::tr(", one column"),
                preset.columnMm);
        add(preset, columns && preset.id != "slides" ? ExportDialog::tr(", page") : QString(), preset.pageMm);
    }
    sizes.append({ExportDialog::tr("Own size"), 0, 0, 0});
    return sizes;
}

QDoubleSpinBox* lengthBox(const char* objectName, double low, double high, const QString& unit)
{
    auto* box = new QDoubleSpinBox;
    box->setObjectName(objectName);
    box->setRange(low, high);
    box->setDecimals(1);
    box->setSuffix(' ' + unit);
    return box;
}

} // namespace

struct ExportDialog::Private
{
    std::shared_ptr<const protocol::Figure> figure;
    QSettings* settings = nullptr;
    Theme theme;
    QVector<ExportSize> sizes = exportSizes();
    QComboBox* format = nullptr;
    QComboBox* preset = nullptr;
    QDoubleSpinBox* width = nullptr;
    QDoubleSpinBox* height = nullptr;
    QSpinBox* dpi = nullptr;
    QDoubleSpinBox* font = nullptr;
    QCheckBox* title = nullptr;
    QCheckBox* greySafe = nullptr;
    QComboBox* vision = nullptr;
    QLabel* preview = nullptr;
    QLabel* pixels = nullptr;
    QTimer* timer = nullptr;
};

ExportDialog::ExportDialog(std::shared_ptr<const protocol::Figure> figure, QSettings* settings,
                           const Theme& theme, QWidget* parent)
    : QDialog(parent)
    , d(std::make_unique<Private>())
{
    d->figure = std::move(figure);
    d->settings = settings;
    d->theme = theme;
    setWindowTitle(tr("Export figure"));
    setObjectName(QStringLiteral("exportDialog"));

    d->format = new QComboBox;
    d->format->setObjectName(QStringLiteral("format"));
    d->format->addItem(tr("PDF – vector, for papers"), "pdf");
    d->format->addItem(tr("SVG – vector, for editing"), "svg");
    d->format->addItem(tr("PNG – pixels, for slides and the web"), "png");
    d->format->addItem(tr("CSV – the numbers alone"), "csv");
    d->preset = new QComboBox;
    d->preset->setObjectName(QStringLiteral("preset"));
    for (const ExportSize& size : d->sizes)
        d->preset->addItem(size.name);
    d->width = lengthBox("width", 20, 1000, tr("mm"));
    d->height = lengthBox("height", 15, 1000, tr("mm"));
    d->font = lengthBox("font", 3, 72, tr("pt"));
    d->font->setSingleStep(0.5);
    d->dpi = new QSpinBox;
    d->dpi->setObjectName(QStringLiteral("dpi"));
    d->dpi->setRange(36, 2400);
    d->dpi->setSingleStep(50);
    d->dpi->setSuffix(tr(" dpi"));
    d->title = new QCheckBox(tr("Title and what it is a rate of"));
    d->title->setObjectName(QStringLiteral("title"));
    d->greySafe = new QCheckBox(tr("Survives printing in grey"));
    d->greySafe->setObjectName(QStringLiteral("greySafe"));
    d->greySafe->setToolTip(tr("Each series gets a dash, a marker and a hatch of its own, and colour scales "
                               "grow darker all the way"));
    d->vision = new QComboBox;
    d->vision->setObjectName(QStringLiteral("vision"));
    d->vision->setAccessibleName(tr("Eyes or printer the preview is seen with"));
    d->vision->setToolTip(tr("Changes the preview alone; the file keeps its colours"));
    d->vision->addItem(tr("As it is"), int(ColourVision::Normal));
    d->vision->addItem(tr("As seen without green cones (deuteranopia)"), int(ColourVision::Deutan));
    d->vision->addItem(tr("As seen without red cones (protanopia)"), int(ColourVision::Protan));
    d->vision->addItem(tr("As printed in grey"), int(ColourVision::Grey));
    d->pixels = new QLabel;
    d->pixels->setProperty("kind", "small");

    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->setVerticalSpacing(fontMetrics().height() / 2);
    form->addRow(tr("Format"), d->format);
    form->addRow(tr("Size"), d->preset);
    form->addRow(tr("Width"), d->width);
    form->addRow(tr("Height"), d->height);
    form->addRow(tr("Font"), d->font);
    form->addRow(tr("Resolution"), d->dpi);
    form->addRow(QString(), d->title);
    form->addRow(QString(), d->greySafe);
    form->addRow(QString(), d->pixels);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    auto* save = buttons->addButton(tr("Export…"), QDialogButtonBox::AcceptRole);
    save->setProperty("kind", "primary");
    save->setObjectName(QStringLiteral("export"));
    save->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &ExportDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &ExportDialog::reject);

    auto* note = new QLabel(tr("The specification, seed and hashes of the run are stored inside the file, "
                               "and the plotted numbers beside it."));
    note->setProperty("kind", "small");
    note->setWordWrap(true);
    auto* left = new QVBoxLayout;
    left->addLayout(form);
    left->addStretch();
    left->addWidget(note);
    left->addWidget(buttons);

    auto* paper = new QFrame;
    paper->setProperty("kind", "card");
    d->preview = new QLabel;
    d->preview->setObjectName(QStringLiteral("preview"));
    d->preview->setAlignment(Qt::AlignCenter);
    d->preview->setMinimumSize(fontMetrics().height() * 24, fontMetrics().height() * 17);
    d->preview->setAccessibleName(tr("Preview of the exported figure"));
    auto* shown = new QVBoxLayout(paper);
    shown->addWidget(d->preview, 1);
    shown->addWidget(d->vision, 0, Qt::AlignHCenter);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(QMargins() + fontMetrics().height());
    row->setSpacing(fontMetrics().height());
    row->addLayout(left);
    row->addWidget(paper, 1);

    d->timer = new QTimer(this);
    d->timer->setSingleShot(true);
    d->timer->setInterval(60);
    connect(d->timer, &QTimer::timeout, this, &ExportDialog::showPreview);
    connect(d->preset, &QComboBox::activated, this, [this](int index) {
        const ExportSize& size = d->sizes[index];
        if (size.widthMm == 0)
            return;
        d->width->setValue(size.widthMm);
        d->height->setValue(size.heightMm);
        d->font->setValue(size.fontPt);
        d->preset->setCurrentIndex(index);
    });
    connect(d->format, &QComboBox::currentIndexChanged, this, [this] { schedulePreview(); });
    for (auto* box : {d->width, d->height, d->font})
        connect(box, &QDoubleSpinBox::valueChanged, this, [this] { schedulePreview(); });
    connect(d->dpi, &QSpinBox::valueChanged, this, [this] { schedulePreview(); });
    for (auto* box : {d->title, d->greySafe})
        connect(box, &QCheckBox::toggled, this, [this] { schedulePreview(); });
    connect(d->vision, &QComboBox::currentIndexChanged, this, [this] { schedulePreview(); });

    const PrintPreset& usual = printPreset(QStringLiteral("ieee"));
    ExportOptions start{.widthMm = usual.columnMm,
                        .heightMm = usualHeightMm(usual, usual.columnMm),
                        .fontPt = usual.fontPt,
                        .showTitle = false};
    if (settings) {
        start.widthMm = settings->value("export/widthMm", start.widthMm).toDouble();
        start.heightMm = settings->value("export/heightMm", start.heightMm).toDouble();
        start.fontPt = settings->value("export/fontPt", start.fontPt).toDouble();
        start.dpi = settings->value("export/dpi", start.dpi).toInt();
        start.showTitle = settings->value("export/title", start.showTitle).toBool();
        start.greySafe = settings->value("export/greySafe", start.greySafe).toBool();
        setFormat(settings->value("export/format", "pdf").toString());
    }
    setOptions(start);
}

ExportDialog::~ExportDialog() = default;

ExportOptions ExportDialog::options() const
{
    return {.widthMm = d->width->value(),
            .heightMm = d->height->value(),
            .dpi = d->dpi->value(),
            .fontPt = d->font->value(),
            .showTitle = d->title->isChecked(),
            .greySafe = d->greySafe->isChecked()};
}

void ExportDialog::setOptions(const ExportOptions& options)
{
    d->width->setValue(options.widthMm);
    d->height->setValue(options.heightMm);
    d->dpi->setValue(options.dpi);
    d->font->setValue(options.fontPt);
    d->title->setChecked(options.showTitle);
    d->greySafe->setChecked(options.greySafe);
    schedulePreview();
}

QString ExportDialog::format() const
{
    return d->format->currentData().toString();
}

void ExportDialog::setFormat(const QString& format)
{
    if (const int at = d->format->findData(format); at >= 0)
        d->format->setCurrentIndex(at);
}

void ExportDialog::accept()
{
    if (d->settings) {
        const ExportOptions o = options();
        d->settings->setValue("export/format", format());
        d->settings->setValue("export/widthMm", o.widthMm);
        d->settings->setValue("export/heightMm", o.heightMm);
        d->settings->setValue("export/fontPt", o.fontPt);
        d->settings->setValue("export/dpi", o.dpi);
        d->settings->setValue("export/title", o.showTitle);
        d->settings->setValue("export/greySafe", o.greySafe);
    }
    QDialog::accept();
}

void ExportDialog::resizeEvent(QResizeEvent* event)
{
    QDialog::resizeEvent(event);
    schedulePreview();
}

void ExportDialog::schedulePreview()
{
    showWhatApplies();
    d->timer->start();
}

void ExportDialog::showWhatApplies()
{
    const bool numbers = format() == "csv", pixels = format() == "png";
    for (QWidget* widget : std::initializer_list<QWidget*>{d->preset, d->width, d->height, d->font, d->title,
                                                           d->greySafe, d->vision})
        widget->setEnabled(!numbers);
    d->dpi->setEnabled(pixels);
    const double perMm = d->dpi->value() / 25.4;
    d->pixels->setText(pixels ? tr("%1 × %2 pixels")
                                    .arg(qRound(d->width->value() * perMm))
                                    .arg(qRound(d->height->value() * perMm))
                              : QString());
    // Venues share sizes: what has been chosen stays chosen as long as it is right.
    const double width = d->width->value(), height = d->height->value();
    if (d->sizes[d->preset->currentIndex()].is(width, height))
        return;
    const auto at = std::find_if(d->sizes.begin(), d->sizes.end(),
                                 [&](const ExportSize& size) { return size.is(width, height); });
    d->preset->setCurrentIndex(at == d->sizes.end() ? d->sizes.size() - 1
                                                    : static_cast<int>(at - d->sizes.begin()));
}

/// Drawn by the code that writes files, at the resolution of the screen.
void ExportDialog::showPreview()
{
    if (format() == "csv") {
        const QString text = QString::fromUtf8(figureCsv(*d->figure));
        d->preview->setFont(d->theme.monoFont());
        QStringList lines = text.split('\n').mid(0, 18);
        for (QString& line : lines)
            line = line.left(72);
        d->preview->setText(lines.join('\n'));
        return;
    }
    ExportOptions shown = options();
    const double ratio = devicePixelRatioF();
    const QSizeF room = QSizeF(d->preview->contentsRect().size()) * ratio;
    const double perMm = std::min(room.width() / shown.widthMm, room.height() / shown.heightMm);
    shown.dpi = std::clamp(static_cast<int>(perMm * 25.4), 20, 600);
    const auto vision = static_cast<ColourVision>(d->vision->currentData().toInt());
    QPixmap picture = QPixmap::fromImage(simulated(renderImage(*d->figure, shown), vision));
    picture.setDevicePixelRatio(ratio);
    d->preview->setPixmap(picture);
}

} // namespace assay::widgets
