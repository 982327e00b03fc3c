#include "widgets/report/editor/export_strip.h"

#include "widgets/studies/file_dialogs.h"
#include "widgets/studies/text_kit.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>

#include <algorithm>
#include <utility>

namespace assay::widgets {

ExportStrip::ExportStrip(QString program, FileDialogs& dialogs, QWidget* parent)
    : QFrame(parent)
    , m_export(std::move(program))
    , m_dialogs(dialogs)
    , m_icon(new QLabel(this))
    , m_text(new ElidedLabel("", this))
    , m_bar(new QProgressBar(this))
    , m_cancel(new QPushButton(tr("Cancel"), this))
    , m_open(new QPushButton(tr("Open"), this))
    , m_folder(new QPushButton(tr("Show folder"), this))
    , m_close(new QToolButton(this))
{
    setObjectName(QStringLiteral("exportStrip"));
    setProperty("kind", QStringLiteral("bar"));
    m_text->setObjectName(QStringLiteral("exportText"));
    m_bar->setObjectName(QStringLiteral("exportBar"));
    m_bar->setAccessibleName(tr("Progress of the export"));
    m_bar->setTextVisible(false);
    m_cancel->setObjectName(QStringLiteral("exportCancel"));
    m_open->setObjectName(QStringLiteral("exportOpen"));
    m_folder->setObjectName(QStringLiteral("exportFolder"));
    m_close->setObjectName(QStringLiteral("exportClose"));
    m_close->setAccessibleName(tr("Close"));
    m_close->setToolTip(tr("Close"));
    const int em = fontMetrics().height();
    m_bar->setFixedWidth(10 * em);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(em, em / 3, em / 2, em / 3);
    layout->setSpacing(em / 2);
    layout->addWidget(m_icon);
    layout->addWidget(m_text, 1);
    for (QWidget* widget : QList<QWidget*>{m_bar, m_cancel, m_open, m_folder, m_close})
        layout->addWidget(widget);
    hide();

    connect(m_cancel, &QPushButton::clicked, this, [this] {
        if (std::exchange(m_waiting, false))
            return say(QStringLiteral("warning"), tr("The export has been cancelled."));
        m_cancel->setEnabled(false);
        m_export.cancel();
    });
    connect(m_open, &QPushButton::clicked, this, [this] { m_dialogs.open(m_main); });
    connect(m_folder, &QPushButton::clicked, this,
            [this] { m_dialogs.reveal(QFileInfo(m_main).absolutePath()); });
    connect(m_close, &QToolButton::clicked, this, &QWidget::hide);
    connect(&m_export, &ReportExport::progressed, this, [this](int done, int total, const QString& what) {
        m_bar->setRange(0, std::max(1, total));
        m_bar->setValue(done);
        m_text->setWholeText(tr("Exporting %1: %2").arg(QFileInfo(m_out).fileName(), what));
    });
    connect(&m_export, &ReportExport::finished, this, [this](const QStringList& files) {
        // Of a LaTeX report the text that is opened; its figures come with it.
        const auto text = std::find_if(files.begin(), files.end(), [](const QString& file) {
            return file.endsWith(QLatin1String("/main.tex"));
        });
        m_main = text != files.end() ? *text : files.value(0, m_out);
        say(QStringLiteral("good"), files.size() > 1
                                        ? tr("Written to %1 (%2 files).").arg(m_main).arg(files.size())
                                        : tr("Written to %1.").arg(m_main));
        m_open->show();
        m_folder->show();
    });
    connect(&m_export, &ReportExport::failed, this,
            [this](const QString& sentence) { say(QStringLiteral("bad"), sentence); });
    connect(&m_export, &ReportExport::canceled, this, [this](bool clean) {
        say(QStringLiteral("warning"),
            clean
                ? tr("The export has been cancelled; nothing was left behind.")
                : tr("The export did not answer and was ended; a folder .%1.writing-… may be left beside it.")
                      .arg(QFileInfo(m_out).fileName()));
    });
}

void ExportStrip::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_close->setIcon(theme.icon(QStringLiteral("close"), theme.mutedText));
    const QString name = m_tone == QLatin1String("good")  ? QStringLiteral("check")
                         : m_tone == QLatin1String("bad") ? QStringLiteral("error")
                         : m_tone.isEmpty()               ? QStringLiteral("export")
                                                          : QStringLiteral("warning");
    const int side = fontMetrics().height();
    m_icon->setPixmap(theme.icon(name, toneColour(theme, m_tone)).pixmap(side, side));
}

void ExportStrip::showRunning(bool running)
{
    m_bar->setVisible(running);
    m_cancel->setVisible(running);
    m_cancel->setEnabled(true);
    m_close->setVisible(!running);
    m_open->hide();
    m_folder->hide();
    show();
}

void ExportStrip::say(const QString& tone, const QString& sentence)
{
    m_tone = tone;
    setTheme(m_theme);
    showRunning(false);
    m_text->setWholeText(sentence);
}

void ExportStrip::expect(const QString& out)
{
    m_out = out;
    m_waiting = true;
    m_tone.clear();
    setTheme(m_theme);
    showRunning(true);
    m_bar->setRange(0, 0);
    m_text->setWholeText(tr("Exporting %1 …").arg(QFileInfo(out).fileName()));
}

void ExportStrip::giveUp(const QString& sentence)
{
    m_waiting = false;
    say(QStringLiteral("bad"), sentence);
}

void ExportStrip::start(const QString& document, const QString& workspace)
{
    if (!std::exchange(m_waiting, false))
        return;
    m_export.start(m_out, document, workspace);
}

} // namespace assay::widgets
