#pragma once

#include "backend/protocol/finding.h"
#include "widgets/theme/theme.h"

#include <QWidget>

class QVBoxLayout;

namespace assay::widgets {

/// What was found out about a file, a sentence a line: problems first, each told apart by its icon and by the
/// words a screen reader says, not by colour alone.
class FindingsView : public QWidget
{
    Q_OBJECT
public:
    explicit FindingsView(QWidget* parent = nullptr);
    void setFindings(const protocol::Findings& findings);
    void setTheme(const Theme& theme);

private:
    void build();

    QVBoxLayout* m_layout;
    protocol::Findings m_findings;
    Theme m_theme = Theme::light();
};

} // namespace assay::widgets
