#pragma once

#include "widgets/report/editor/item_view.h"

class QLabel;

namespace assay::widgets {

class PaperImages;
class SheetTable;

/// Notes.
class TextItem : public ItemView
{
    Q_OBJECT
public:
    explicit TextItem(QWidget* parent);
    void setTheme(const Theme& theme) override;

protected:
    void take() override;
    int contentHeight(int width) const override;
    void placeContent(const QRect& place) override;

private:
    MarkdownView* m_text;
};

class TableItem : public ItemView
{
    Q_OBJECT
public:
    explicit TableItem(QWidget* parent);
    void setTheme(const Theme& theme) override;

protected:
    void take() override;
    int contentHeight(int width) const override;
    void placeContent(const QRect& place) override;
    bool captionAbove() const override { return true; }

private:
    SheetTable* m_table;
};

class GalleryItem : public ItemView
{
    Q_OBJECT
public:
    explicit GalleryItem(QWidget* parent);
    void setTheme(const Theme& theme) override;

protected:
    void take() override;
    int contentHeight(int width) const override;
    void placeContent(const QRect& place) override;

private:
    PaperImages* m_images;
};

/// A sentence in the place of what cannot be shown.
class ProblemItem : public ItemView
{
    Q_OBJECT
public:
    explicit ProblemItem(QWidget* parent);
    void setTheme(const Theme& theme) override;

protected:
    void take() override;
    int contentHeight(int width) const override;
    void placeContent(const QRect& place) override;
    void paintEvent(QPaintEvent* event) override;

private:
    QRect inner(const QRect& place) const;
    QLabel* m_icon;
    QLabel* m_text;
};

} // namespace assay::widgets
