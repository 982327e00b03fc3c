#pragma once

#include "widgets/report/report_content.h"
#include "widgets/theme/theme.h"

#include <QWidget>

namespace assay::widgets {

class MarkdownView;

/// One thing on the paper with its label and caption: a text, a figure with its panels, a table, images, or a
/// sentence about what is missing. Costly parts are made when they come into view, one a refreshNow().
class ItemView : public QWidget
{
    Q_OBJECT
public:
    static ItemView* make(ContentItem::Kind kind, QWidget* parent);

    ContentItem::Kind kind() const { return m_kind; }
    const ContentItem& item() const { return m_item; }
    void setItem(const ContentItem& item);
    virtual void setTheme(const Theme& theme);
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    /// Where the caption stands, to be written there.
    QRect captionRect() const;
    void setCaptionHidden(bool hidden, int height);

    /// Makes the next part. False: there is nothing more to do.
    virtual bool refreshNow() { return false; }

Q_SIGNALS:
    /// Something is in view that is not made yet.
    void refreshWanted();

protected:
    ItemView(ContentItem::Kind kind, QWidget* parent);

    virtual void take() = 0;
    virtual int contentHeight(int width) const = 0;
    virtual void placeContent(const QRect& place) = 0;
    virtual bool captionAbove() const { return false; }
    const Theme& theme() const { return m_theme; }
    /// More about the item than its caption says, behind it: rows that are not shown.
    void setRemark(const QString& remark);
    void resizeEvent(QResizeEvent* event) override;
    void arrange();

private:
    void fillCaption();
    int captionHeight(int width) const;

    ContentItem::Kind m_kind;
    ContentItem m_item;
    Theme m_theme = Theme::light();
    MarkdownView* m_caption;
    QString m_remark;
    int m_captionRoom = -1; ///< height that is kept for the caption's editor; -1: the caption's own
};

} // namespace assay::widgets
