#include "app/workbench/shell/drop_zone.h"

#include "widgets/forms/field_control.h"

#include <QApplication>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QUrl>
#include <QWidget>

namespace assay::workbench {

namespace {

constexpr int kGoneMs = 120;

/// A form field with a use of its own for files.
bool isField(const QWidget* widget)
{
    const auto* field = qobject_cast<const widgets::FieldControl*>(widget);
    return field && field->acceptDrops();
}

} // namespace

DropZone::DropZone(QWidget* window)
    : QObject(window)
    , m_window(window)
    , m_hint(new QLabel(tr("Drop to open or import"), window))
{
    window->setAcceptDrops(true);
    m_hint->setObjectName(QStringLiteral("dropHint"));
    m_hint->setProperty("kind", QStringLiteral("drop"));
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_hint->hide();
    m_gone.setSingleShot(true);
    m_gone.setInterval(kGoneMs);
    connect(&m_gone, &QTimer::timeout, this, [this] { showHint(false); });
    // On the application: a line edit under the mouse would otherwise take a file for text.
    qApp->installEventFilter(this);
}

bool DropZone::concerns(QObject* watched) const
{
    const auto* widget = qobject_cast<QWidget*>(watched);
    return widget && widget->window() == m_window && !isField(widget);
}

bool DropZone::eventFilter(QObject* watched, QEvent* event)
{
    switch (event->type()) {
    case QEvent::DragEnter:
    case QEvent::DragMove:
    case QEvent::Drop:
        break;
    case QEvent::DragLeave:
        if (concerns(watched))
            m_gone.start();
        return false;
    default:
        return false;
    }
    auto* drop = static_cast<QDropEvent*>(event);
    if (!drop->mimeData()->hasUrls() || !concerns(watched))
        return false;
    m_gone.stop();
    showHint(event->type() != QEvent::Drop);
    drop->setDropAction(Qt::CopyAction); // the files stay where they are
    drop->accept();
    if (event->type() == QEvent::Drop)
        take(*drop->mimeData());
    return true;
}

void DropZone::take(const QMimeData& data)
{
    QStringList paths;
    const QList<QUrl> urls = data.urls();
    for (const QUrl& url : urls) {
        if (url.isLocalFile())
            paths << url.toLocalFile();
        else
            Q_EMIT refused(tr("%1 is not a file on this machine.").arg(url.toDisplayString()));
    }
    if (!paths.isEmpty())
        Q_EMIT filesDropped(paths);
}

void DropZone::showHint(bool shown)
{
    if (shown) {
        const int em = m_window->fontMetrics().height();
        QRect place({}, QSize(26 * em, 7 * em).boundedTo(m_window->size()));
        place.moveCenter(m_window->rect().center());
        m_hint->setGeometry(place);
        m_hint->raise();
    }
    m_hint->setVisible(shown);
}

} // namespace assay::workbench
