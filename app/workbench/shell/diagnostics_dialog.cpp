#include "app/workbench/shell/diagnostics_dialog.h"

#include "backend/protocol/message.h"
#include "widgets/engine/engine_client.h"
#include "widgets/studies/text_kit.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QFile>
#include <QFormLayout>
#include <QGuiApplication>
#include <QLocale>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>

namespace assay::workbench {

using widgets::EngineClient;
using widgets::makeParagraph;
using widgets::makeText;

namespace {

QString memoryText(qint64 pid)
{
    const qint64 bytes = pid > 0 ? residentBytes(pid) : 0;
    return bytes > 0 ? QLocale().formattedDataSize(bytes) : QStringLiteral("–");
}

/// What the engine says of itself: libraries, BLAS, threads; one line a key.
QString engineText(const Json& catalogue)
{
    QStringList lines;
    if (const auto it = catalogue.find("engine");
        catalogue.is_object() && it != catalogue.end() && it->is_object()) {
        for (const auto& [key, value] : it->items()) {
            QString name = QString::fromStdString(key);
            name.replace(QLatin1Char('_'), QLatin1Char(' '));
            lines << name + QStringLiteral(": ") +
                         QString::fromStdString(value.is_string() ? value.get<std::string>() : value.dump());
        }
    }
    return lines.isEmpty() ? QStringLiteral("–") : lines.join(QLatin1Char('\n'));
}

} // namespace

qint64 residentBytes(qint64 pid)
{
    QFile file(QStringLiteral("/proc/%1/status").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QList<QByteArray> lines = file.readAll().split('\n');
    for (const QByteArray& line : lines) {
        if (line.startsWith("VmRSS:"))
            return line.mid(6).trimmed().split(' ').first().toLongLong() * 1024;
    }
    return 0;
}

DiagnosticsDialog::DiagnosticsDialog(EngineClient& engine, const QString& workspace, QWidget* parent)
    : QDialog(parent)
    , m_engine(engine)
    , m_workspace(workspace)
    , m_layout(new QFormLayout)
    , m_timer(new QTimer(this))
{
    setObjectName(QStringLiteral("diagnostics"));
    setWindowTitle(tr("About Assay"));
    const int em = fontMetrics().height();
    setMinimumWidth(38 * em);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(em * 3 / 2, em * 3 / 2, em * 3 / 2, em);
    layout->setSpacing(em / 2);
    layout->addWidget(makeText("title", tr("Assay %1").arg(QCoreApplication::applicationVersion()), this));
    layout->addWidget(makeParagraph(
        "muted",
        tr("A workbench that puts vision models to the test. Free software under the GNU General "
           "Public License, version 3 or later."),
        this));
    layout->addSpacing(em / 2);
    m_layout->setHorizontalSpacing(em * 3 / 2);
    m_layout->setVerticalSpacing(em / 3);
    layout->addLayout(m_layout);
    for (const QString& name : {tr("Qt"), tr("Protocol"), tr("Workspace"), tr("Engine"), tr("Engine process"),
                                tr("Memory of the window"), tr("Memory of the engine"), tr("Libraries"),
                                tr("Longest wait of the window")})
        addFact(name);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton* copy = buttons->addButton(tr("Copy"), QDialogButtonBox::ActionRole);
    connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(text()); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    layout->addSpacing(em / 2);
    layout->addWidget(buttons);
    m_stalls.start();
    m_timer->start(1000);
    connect(m_timer, &QTimer::timeout, this, &DiagnosticsDialog::refresh);
    refresh();
}

void DiagnosticsDialog::addFact(const QString& name)
{
    QLabel* value = makeParagraph("", {}, this);
    m_layout->addRow(makeText("muted", name, this), value);
    m_facts.append({name, value});
}

void DiagnosticsDialog::refresh()
{
    const QString state = QVariant::fromValue(m_engine.state()).toString().toLower();
    const QString problem = m_engine.problem();
    const qint64 pid = m_engine.processId();
    const QStringList values{
        tr("%1 on %2").arg(QString::fromLatin1(qVersion()), QGuiApplication::platformName()),
        tr("version %1").arg(protocol::kProtocolVersion),
        m_workspace,
        problem.isEmpty() ? state : state + QStringLiteral(": ") + problem,
        pid > 0 ? QString::number(pid) : QStringLiteral("–"),
        memoryText(QCoreApplication::applicationPid()),
        memoryText(pid),
        engineText(m_engine.catalogue()),
        tr("%1 ms (median %2 ms) since this page was opened")
            .arg(m_stalls.longestMs(), 0, 'f', 1)
            .arg(m_stalls.medianMs(), 0, 'f', 1),
    };
    for (qsizetype i = 0; i < m_facts.size(); ++i)
        m_facts[i].second->setText(values.value(i));
}

QString DiagnosticsDialog::text() const
{
    QStringList lines{windowTitle() + QLatin1Char(' ') + QCoreApplication::applicationVersion()};
    for (const auto& [name, label] : m_facts)
        lines << name + QStringLiteral(": ") + label->text();
    return lines.join(QLatin1Char('\n'));
}

} // namespace assay::workbench
