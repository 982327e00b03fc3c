#pragma once

#include <QObject>
#include <QStringList>
#include <QTimer>

class QLabel;
class QMimeData;
class QWidget;

namespace assay::workbench {

/// Lets files be dropped anywhere on a window, whatever widget is under the mouse; only a form field that
/// takes a model or a data set keeps the files dropped on it. While files are over the window it says so.
class DropZone : public QObject
{
    Q_OBJECT
public:
    /// @param window also the owner.
    explicit DropZone(QWidget* window);

Q_SIGNALS:
    void filesDropped(const QStringList& paths);
    /// Something was dropped that is not on this machine: one sentence.
    void refused(const QString& sentence);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    bool concerns(QObject* watched) const;
    void take(const QMimeData& data);
    void showHint(bool shown);

    QWidget* m_window;
    QLabel* m_hint;
    QTimer m_gone; ///< the mouse has left one widget, and entered no other meanwhile
};

} // namespace assay::workbench
