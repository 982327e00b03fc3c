#pragma once

#include "widgets/theme/theme.h"

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace assay::widgets {

/// One figure, table, gallery or scene of a run on the page of results: title, caption, buttons, and the view
/// itself. A card that is not on screen does no work: it remembers that its value changed and takes it
/// when it is scrolled or tabbed into view.
class ResultCard : public QFrame
{
    Q_OBJECT
public:
    enum class Kind { Figure, Table, Gallery, Scene };

    ResultCard(Kind kind, const QString& name, QWidget* parent);

    Kind resultKind() const { return m_kind; }
    /// Of the figure, table, grid or scene within the run.
    const QString& name() const { return m_name; }
    const QString& section() const { return m_section; }
    /// Takes the whole width of the page.
    virtual bool isWide() const { return true; }
    virtual void setTheme(const Theme& theme);
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

    /// Takes the newest value, if that has not been done.
    void refreshNow();

Q_SIGNALS:
    /// The card can be seen and shows an old value: the page calls refreshNow() when it is its turn.
    void refreshWanted();
    void sectionChanged();
    void exportRequested();
    /// To be put into a report; a menu is shown beside @p near.
    void reportRequested(QWidget* near);

protected:
    void setTexts(const QString& title, const QString& caption, const QString& section);
    QToolButton* addButton(const QString& icon, const QString& name, const QString& toolTip);
    void addReportButton();
    void setContent(QWidget* content);
    /// Height that the view wants at @p width.
    virtual int contentHeight(int width) const = 0;
    /// The value changed: refresh() is called once, when the card can be seen.
    void invalidate();
    virtual void refresh() = 0;
    void paintEvent(QPaintEvent* event) override;

private:
    bool isOnScreen() const;

    Kind m_kind;
    QString m_name, m_section;
    QLabel* m_title;
    QLabel* m_caption;
    QHBoxLayout* m_header;
    QVBoxLayout* m_layout;
    QWidget* m_content = nullptr;
    bool m_stale = false;
};

} // namespace assay::widgets
