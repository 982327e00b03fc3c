#pragma once

#include "widgets/importing/inspection.h"
#include "widgets/theme/theme.h"

#include <QWidget>

class QGridLayout;
class QToolButton;
class QVBoxLayout;

namespace assay::widgets {

/// What a format tells beyond the form (opset, producer, tensors that do not fit), folded away under a
/// heading until it is wanted. Lists are tables whose rows can be selected and copied.
class DetailsPane : public QWidget
{
    Q_OBJECT
public:
    explicit DetailsPane(QWidget* parent = nullptr);

    /// Hides the pane when there are none.
    void setDetails(const Json& details);
    void setOpen(bool open);
    void setTheme(const Theme& theme);

private:
    void build(const Details& details);
    QWidget* makeTable(const DetailTable& table);
    void refreshIcon();

    QToolButton* m_toggle;
    QWidget* m_content;
    QVBoxLayout* m_layout;
    Json m_details;
    Theme m_theme = Theme::light();
};

} // namespace assay::widgets
