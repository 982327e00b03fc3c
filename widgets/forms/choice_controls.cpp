#include "widgets/forms/choice_controls.h"

#include "widgets/forms/choice_delegate.h"
#include "widgets/forms/number_text.h"
#include "widgets/forms/segment_button.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QMimeData>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QWheelEvent>

namespace assay::widgets {

namespace {

constexpr std::size_t kMostSegments = 4;
constexpr std::size_t kMostSegmentCharacters = 30;

/// Leaves the wheel to the scroll area around it, unless it has the focus.
class CalmCombo : public QComboBox
{
public:
    using QComboBox::QComboBox;

protected:
    void wheelEvent(QWheelEvent* event) override
    {
        if (hasFocus())
            QComboBox::wheelEvent(event);
        else
            event->ignore();
    }
};

} // namespace

bool SegmentsControl::suits(const protocol::Field& field)
{
    if (field.choices.size() < 2 || field.choices.size() > kMostSegments || !field.valuesFrom.empty())
        return false;
    std::size_t characters = 0;
    for (std::size_t i = 0; i < field.choices.size(); ++i)
        characters += i < field.choiceLabels.size() ? field.choiceLabels[i].size() : field.choices[i].size();
    return characters <= kMostSegmentCharacters;
}

SegmentsControl::SegmentsControl(const protocol::Field& field, const QList<FormChoices::Choice>& choices,
                                 QWidget* parent)
    : FieldControl(field, parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    for (qsizetype i = 0; i < choices.size(); ++i) {
        const FormChoices::Choice& choice = choices[i];
        auto* button = new SegmentButton(choice.title, this);
        button->setObjectName(
            QStringLiteral("field:%1:%2").arg(QString::fromStdString(field.name), choice.name));
        button->setAccessibleDescription(QString::fromStdString(field.label));
        button->setPlace(choices.size() == 1       ? SegmentButton::Place::Only
                         : i == 0                  ? SegmentButton::Place::First
                         : i == choices.size() - 1 ? SegmentButton::Place::Last
                                                   : SegmentButton::Place::Middle);
        layout->addWidget(button);
        m_buttons.append({choice.name, button});
        connect(button, &QRadioButton::clicked, this, &SegmentsControl::step);
    }
    setObjectName(QStringLiteral("field:") + QString::fromStdString(field.name));
    setAccessibleName(QString::fromStdString(field.label));
    setFocusProxy(m_buttons.front().second);
}

Json SegmentsControl::value() const
{
    for (const auto& [name, button] : m_buttons) {
        if (button->isChecked())
            return name.toStdString();
    }
    return "";
}

void SegmentsControl::setValue(const Json& value)
{
    if (!value.is_string())
        return;
    const QString wanted = QString::fromStdString(value.get<std::string>());
    for (const auto& [name, button] : m_buttons) {
        if (name == wanted) {
            button->setChecked(true);
            setFocusProxy(button);
        }
    }
}

ComboControl::ComboControl(const protocol::Field& field, const QList<FormChoices::Choice>& choices,
                           QWidget* parent)
    : FieldControl(field, parent)
    , m_combo(new CalmCombo(this))
{
    setMain(m_combo);
    m_combo->setFocusPolicy(Qt::StrongFocus);
    m_combo->setItemDelegate(new ChoiceDelegate(m_combo));
    m_combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_combo->setMinimumContentsLength(8);
    setAcceptDrops(field.type == protocol::FieldType::Model || field.type == protocol::FieldType::Dataset);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_combo);
    for (const FormChoices::Choice& choice : choices) {
        m_known.insert(choice.name, choice);
        if (field.valuesFrom.empty())
            addChoice(choice);
    }
    connect(m_combo, &QComboBox::currentIndexChanged, this,
            [this](int index) { m_combo->setToolTip(m_combo->itemData(index, Qt::ToolTipRole).toString()); });
    connect(m_combo, &QComboBox::activated, this, &ComboControl::step);
}

void ComboControl::addChoice(const FormChoices::Choice& choice)
{
    m_combo->addItem(choice.title, choice.name);
    const int row = m_combo->count() - 1;
    m_combo->setItemData(row, choice.detail, ChoiceDelegate::DetailRole);
    m_combo->setItemData(row, choice.toolTip(), Qt::ToolTipRole);
    if (!choice.problem.isEmpty())
        static_cast<QStandardItemModel*>(m_combo->model())->item(row)->setEnabled(false);
    const int width = m_combo->itemDelegate()->sizeHint({}, m_combo->model()->index(row, 0)).width();
    m_combo->view()->setMinimumWidth(std::max(m_combo->view()->minimumWidth(), width));
}

Json ComboControl::value() const
{
    return m_combo->currentData().toString().toStdString();
}

void ComboControl::setValue(const Json& value)
{
    // Null where the values come from another field: the first of them.
    const QString name = value.is_null() ? m_combo->itemData(0).toString() : valueText(value);
    if (m_combo->findData(name) < 0 && !name.isEmpty())
        addChoice(m_known.value(name, {name, name, {}, {}}));
    m_combo->setCurrentIndex(m_combo->findData(name));
}

void ComboControl::setOffered(const std::vector<Json>& offered)
{
    const QSignalBlocker quiet(m_combo);
    m_combo->clear();
    for (const Json& item : offered) {
        const QString name = valueText(item);
        addChoice(m_known.value(name, {name, name, {}, {}}));
    }
}

void ComboControl::setBlank()
{
    m_combo->setCurrentIndex(-1);
}

void ComboControl::dragEnterEvent(QDragEnterEvent* event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() == 1 && urls.front().isLocalFile())
        event->acceptProposedAction();
}

void ComboControl::dropEvent(QDropEvent* event)
{
    setValue(event->mimeData()->urls().front().toLocalFile().toStdString());
    event->acceptProposedAction();
    step();
}

} // namespace assay::widgets
