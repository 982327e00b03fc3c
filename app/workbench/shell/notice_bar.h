#pragma once

#include "widgets/theme/theme.h"

#include <QList>
#include <QWidget>

#include <functional>

class QVBoxLayout;

namespace assay::workbench {

struct NoticeAction
{
    QString text;
    std::function<void()> handler;
};

/// Sentences the user should read, above the documents, without a dialog in the way. Good news goes by
/// itself; the rest stays until it is closed. The same sentence is not said twice at once.
class NoticeBar : public QWidget
{
    Q_OBJECT
public:
    explicit NoticeBar(QWidget* parent = nullptr);

    /// @param tone "good", "warning", "bad" or "accent"
    void say(const QString& tone, const QString& sentence, const QList<NoticeAction>& actions = {});
    /// Takes a sentence back that is no longer true.
    void retract(const QString& sentence);
    /// Sentences that are shown, oldest first.
    QStringList sentences() const;
    void clear();
    void setTheme(const widgets::Theme& theme);

private:
    class Notice;
    void remove(Notice* notice);

    QVBoxLayout* m_layout;
    QList<Notice*> m_notices;
    widgets::Theme m_theme = widgets::Theme::light();
};

} // namespace assay::workbench
