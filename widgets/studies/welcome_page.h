#pragma once

#include <QScrollArea>

class QLabel;

namespace assay::widgets {

struct StudyEntry;

/// What a study document shows before its first run: what the study answers, from which paper, and what
/// will be there afterwards.
class WelcomePage : public QScrollArea
{
    Q_OBJECT
public:
    explicit WelcomePage(QWidget* parent = nullptr);
    void setStudy(const StudyEntry& study);
    /// A line for newcomers above everything else; empty for none.
    void setHint(const QString& hint);

private:
    QLabel* m_hint;
    QLabel* m_title;
    QLabel* m_question;
    QLabel* m_summary;
    QLabel* m_outputsHeading;
    QLabel* m_outputs;
    QLabel* m_referenceHeading;
    QLabel* m_reference;
    QLabel* m_next;
};

} // namespace assay::widgets
