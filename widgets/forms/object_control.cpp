#include "widgets/forms/object_control.h"

#include "widgets/forms/field_row.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

using protocol::Field;

namespace {

/// What @p object says of a value of a part; its default where it says nothing.
Json saidOf(const Json& object, const std::string& key, const std::string& name, const Json& otherwise)
{
    const auto part = object.find(key);
    if (part == object.end() || !part->is_object())
        return otherwise;
    const auto it = part->find(name);
    return it == part->end() ? otherwise : *it;
}

} // namespace

ObjectControl::ObjectControl(const Field& field, const FormChoices& choices, QWidget* parent)
    : FieldControl(field, parent)
    , m_choices(choices)
    , m_parts(field.parts.size())
    , m_nothing(new QLabel(tr("Nothing to set here."), this))
{
    setObjectName(QStringLiteral("field:") + QString::fromStdString(field.name));
    m_nothing->setProperty("kind", QStringLiteral("muted"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(fontMetrics().height() / 2);
    layout->addWidget(m_nothing);
    for (Part& part : m_parts)
        part.offered = field.partsFrom.empty();
    show();
}

void ObjectControl::makePart(std::size_t index)
{
    const protocol::ObjectPart& part = field().parts[index];
    const int em = fontMetrics().height();
    auto* box = m_parts[index].box = new QWidget(this);
    auto* grid = new QGridLayout(box);
    grid->setContentsMargins(em / 2, 0, 0, 0);
    grid->setHorizontalSpacing(em / 2);
    grid->setVerticalSpacing(em * 3 / 8);
    grid->setColumnMinimumWidth(0, labelWidth());
    grid->setColumnStretch(1, 1);
    auto* heading = new QLabel(QString::fromStdString(part.label.empty() ? part.key : part.label), box);
    heading->setTextFormat(Qt::PlainText);
    heading->setProperty("kind", QStringLiteral("muted"));
    grid->addWidget(heading, 0, 0, 1, 3);
    // The keyboard meets the values here, although they are made later than what follows.
    QWidget* before = previousInFocusChain();
    while (before != this && before->focusPolicy() == Qt::NoFocus)
        before = before->previousInFocusChain();
    for (const Field& inner : part.fields) {
        addRow(index, inner, grid);
        QWidget* control = m_parts[index].rows.back()->control();
        setTabOrder(before, control);
        before = control;
    }
    std::size_t place = 1; // after the label
    for (std::size_t i = 0; i < index; ++i)
        place += m_parts[i].box ? 1 : 0;
    static_cast<QVBoxLayout*>(layout())->insertWidget(static_cast<int>(place), box);
    refreshIcons();
}

void ObjectControl::addRow(std::size_t index, const Field& inner, QGridLayout* grid)
{
    const std::string key = field().parts[index].key, name = inner.name;
    Field named = inner;
    named.name = field().name + '.' + key + '.' + name;
    auto* row = new FieldRow(named, m_choices, false, m_parts[index].box);
    row->placeIn(grid, grid->rowCount(), labelWidth());
    m_parts[index].rows.push_back(row);
    connect(row->control(), &FieldControl::edited, this, [this, row, key, name] {
        set(key, name, row->control()->value());
        Q_EMIT edited();
    });
    connect(row->control(), &FieldControl::settled, this, &FieldControl::settled);
    connect(row, &FieldRow::resetRequested, this, [this, row, key, name] {
        set(key, name, row->field().defaultValue);
        row->control()->setFocus();
        step();
    });
}

int ObjectControl::labelWidth() const
{
    return fontMetrics().height() * 17 / 2; // with the indent what the form gives its labels at most
}

Json ObjectControl::value() const
{
    return m_value;
}

void ObjectControl::setValue(const Json& value)
{
    m_value = value.is_object() ? value : Json::object();
    show();
}

void ObjectControl::setOffered(const std::vector<Json>& offered)
{
    for (std::size_t i = 0; i < m_parts.size(); ++i)
        m_parts[i].offered =
            std::find(offered.begin(), offered.end(), Json(field().parts[i].key)) != offered.end();
    show();
}

void ObjectControl::set(const std::string& key, const std::string& name, const Json& value)
{
    // In the order of the schema, so that the same choices are the same value whichever came first.
    Json next = Json::object();
    for (const protocol::ObjectPart& part : field().parts) {
        Json said = Json::object();
        for (const Field& each : part.fields) {
            const bool edited = part.key == key && each.name == name;
            const Json now = edited ? value : saidOf(m_value, part.key, each.name, each.defaultValue);
            if (now != each.defaultValue)
                said[each.name] = now;
        }
        if (!said.empty())
            next[part.key] = std::move(said);
    }
    m_value = std::move(next);
    show();
}

void ObjectControl::show()
{
    bool any = false;
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        const bool shown = m_parts[i].offered && !field().parts[i].fields.empty();
        any = any || shown;
        if (shown && !m_parts[i].box)
            makePart(i);
        if (m_parts[i].box) {
            m_parts[i].box->setVisible(shown);
            showPart(i);
        }
    }
    m_nothing->setVisible(!any);
}

void ObjectControl::showPart(std::size_t index)
{
    const protocol::ObjectPart& part = field().parts[index];
    for (std::size_t i = 0; i < part.fields.size(); ++i) {
        const Field& inner = part.fields[i];
        FieldRow* row = m_parts[index].rows[i];
        const Json now = saidOf(m_value, part.key, inner.name, inner.defaultValue);
        if (row->control()->value() != now)
            row->control()->setValue(now);
        row->setIsDefault(now == inner.defaultValue);
        row->control()->setProblem(!protocol::problems({{inner}}, {{inner.name, now}}).empty());
    }
}

void ObjectControl::refreshIcons()
{
    for (const Part& part : m_parts)
        for (FieldRow* row : part.rows)
            row->refreshIcons();
}

void ObjectControl::changeEvent(QEvent* event)
{
    FieldControl::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        refreshIcons();
}

} // namespace assay::widgets
