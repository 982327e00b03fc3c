#include "tests/widgets/forms/json_text.h"
#include "widgets/forms/number_box.h"
#include "widgets/forms/schema_form.h"
#include "widgets/theme/theme.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QDir>
#include <QDoubleSpinBox>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>
#include <QSlider>
#include <QStandardItemModel>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>
#include <QVBoxLayout>

using namespace assay;
using namespace assay::protocol;
using namespace assay::widgets;

namespace {

Field field(const std::string& name, const std::string& label, FieldType type, Json value,
            const std::string& group = {})
{
    Field f;
    f.name = name;
    f.label = label;
    f.type = type;
    f.defaultValue = std::move(value);
    f.group = group;
    return f;
}

Field asList(Field f)
{
    f.list = true;
    return f;
}

/// Everything a form can hold, as a study would declare it.
Schema fullSchema()
{
    Schema s;
    Field sources =
        asList(field("sources", "Source models", FieldType::Model, {"cnn", "mlp"}, "Models and data"));
    sources.help = "Adversarial images are made on each of these.";
    s.fields.push_back(sources);
    Field dataset = field("dataset", "Data set", FieldType::Dataset, "fashion-mnist", "Models and data");
    dataset.help = "Its test images are attacked.";
    s.fields.push_back(dataset);
    Field attack = field("attack", "Attack", FieldType::Choice, "pgd", "Attack");
    attack.choices = {"fgsm", "pgd", "mi-fgsm"};
    attack.choiceLabels = {"FGSM", "PGD", "MI-FGSM"};
    attack.help = "How the images are made.";
    s.fields.push_back(attack);
    Field norm = field("norm", "Norm", FieldType::Choice, "linf", "Attack");
    norm.choices = {"linf", "l2"};
    norm.choiceLabels = {"L∞", "L2"};
    s.fields.push_back(norm);
    Field eps = asList(field("eps", "Perturbation sizes ε", FieldType::Real, {0.5, 1.0, 2.0}, "Attack"));
    eps.low = 0;
    eps.high = 10;
    eps.unit = "L2";
    eps.help = "Largest distance from the clean image, in the chosen norm.";
    s.fields.push_back(eps);
    Field steps = field("steps", "Steps", FieldType::Integer, 40, "Attack");
    steps.low = 1;
    steps.high = 1000;
    s.fields.push_back(steps);
    Field lr = field("rate", "Learning rate", FieldType::Real, 1e-5, "Attack");
    lr.low = 0;
    lr.unit = "per step";
    s.fields.push_back(lr);
    Field view = field("view_eps", "Shown ε", FieldType::Real, 1.0, "View");
    view.valuesFrom = "eps";
    view.live = true;
    s.fields.push_back(view);
    Field threshold = field("threshold", "Threshold", FieldType::Real, 0.5, "View");
    threshold.low = 0;
    threshold.high = 1;
    threshold.live = true;
    s.fields.push_back(threshold);
    Field source = field("view_source", "Shown source", FieldType::Model, "cnn", "View");
    source.valuesFrom = "sources";
    source.live = true;
    s.fields.push_back(source);
    Field size = field("step_size", "Step size", FieldType::Real, nullptr);
    size.optional = true;
    size.advanced = true;
    size.low = 0;
    s.fields.push_back(size);
    Field keep = field("keep", "Keep the adversarial images", FieldType::Bool, false);
    keep.advanced = true;
    s.fields.push_back(keep);
    Field note = field("note", "Note", FieldType::Text, "");
    note.advanced = true;
    s.fields.push_back(note);
    return s;
}

FormChoices choices()
{
    FormChoices c;
    c.models = {{"cnn", "Reference CNN", "91.2 % · 0.1 M parameters"},
                {"cnn-other-seed", "CNN, other weights", "91.0 % · 0.1 M parameters"},
                {"cnn-other-order", "CNN, other batch order", "91.3 % · 0.1 M parameters"},
                {"cnn-early", "CNN, early checkpoint", "84.7 % · 0.1 M parameters"},
                {"mlp", "Perceptron", "89.1 % · 0.3 M parameters"},
                {"resnet", "Residual network", "92.0 % · 0.2 M parameters"},
                {"convmixer", "ConvMixer", "91.6 % · 0.1 M parameters"}};
    c.datasets = {{"fashion-mnist", "Fashion-MNIST", "10,000 test images"},
                  {"cifar10", "CIFAR-10", "not available", "The files of CIFAR-10 are not on this machine."}};
    return c;
}

} // namespace

class GuiSchemaForm : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void showsDefaults();
    void typesNumbers();
    void saysProblemsInPlace();
    void tinyNumbersStayExact();
    void commaIsAPoint();
    void editsLists();
    void choosesSegmentsWithArrows();
    void choosesFromCombos();
    void unavailableCannotBeChosen();
    void fieldsOfferWhatFits();
    void checksSeveralInOrder();
    void filtersTheCheckList();
    void leavesOptionalToTheStudy();
    void foldsAdvanced();
    void offersWhatTheOtherFieldHolds();
    void objectsShowThePartsOfTheOtherField();
    void textOffersItsDefaultFirst();
    void offeringFollowsTheTheme();
    void resets();
    void undoMergesOneVisit();
    void undoReturningToStartVanishes();
    void setValuesIsNoEdit();
    void tellsLiveEdits();
    void liveBarHoldsLiveFields();
    void wheelDoesNotChangeWhatIsScrolledPast();
    void keyboardReachesEverything();
    void survivesASchemaChangeWithFocus();
    void longNumbersAreShownRoundedAndKept();
    void screenshots();

private:
    template <class T>
    T* find(const QString& name) const
    {
        return m_form->findChild<T*>(name);
    }
    QString problem(const QString& name) const { return find<QLabel>("problem:" + name)->text(); }
    void type(QWidget* widget, const QString& text);
    std::unique_ptr<SchemaForm> m_form;
};

void GuiSchemaForm::init()
{
    Theme::light().apply();
    m_form = std::make_unique<SchemaForm>();
    m_form->setSchema(fullSchema(), choices());
    m_form->resize(380, 900);
    m_form->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_form.get()));
    m_form->activateWindow();
}

void GuiSchemaForm::type(QWidget* widget, const QString& text)
{
    widget->setFocus();
    QTest::keyClick(widget, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClick(widget, Qt::Key_Delete);
    QTest::keyClicks(widget, text);
}

void GuiSchemaForm::showsDefaults()
{
    COMPARE_JSON(m_form->values(), defaults(fullSchema()));
    QVERIFY(m_form->isValid());
    QCOMPARE(find<QDoubleSpinBox>("field:steps")->text(), QStringLiteral("40"));
    QCOMPARE(find<QDoubleSpinBox>("field:rate")->text(), QStringLiteral("1e-5 per step"));
    QCOMPARE(find<QLineEdit>("field:eps")->text(), QStringLiteral("0.5, 1, 2"));
    QVERIFY(find<QRadioButton>("field:attack:pgd")->isChecked());
    QCOMPARE(find<QComboBox>("field:dataset")->currentText(), QStringLiteral("Fashion-MNIST"));
}

void GuiSchemaForm::typesNumbers()
{
    QSignalSpy edited(m_form.get(), &SchemaForm::edited);
    type(find<QWidget>("field:steps"), "25");
    COMPARE_JSON(m_form->values()["steps"], Json(25));
    QVERIFY(m_form->values()["steps"].is_number_integer());
    QVERIFY(edited.count() >= 1);
    QCOMPARE(edited.back().at(0).toBool(), false);
    QTest::keyClick(find<QWidget>("field:steps"), Qt::Key_Up);
    COMPARE_JSON(m_form->values()["steps"], Json(26));
}

void GuiSchemaForm::saysProblemsInPlace()
{
    QSignalSpy validity(m_form.get(), &SchemaForm::validityChanged);
    auto* steps = find<QDoubleSpinBox>("field:steps");
    type(steps, "5000");
    QVERIFY(!m_form->isValid());
    QCOMPARE(problem("steps"),
             QStringLiteral("Steps is 5000; it must be a whole number between 1 and 1000."));
    QVERIFY(find<QLabel>("problem:steps")->isVisible());
    QVERIFY(steps->property("problem").toBool());
    COMPARE_JSON(m_form->values()["steps"], Json(5000)); // as typed
    type(steps, "50");
    QVERIFY(m_form->isValid());
    QVERIFY(!find<QLabel>("problem:steps")->isVisible());
    QCOMPARE(validity.count(), 2);
}

void GuiSchemaForm::tinyNumbersStayExact()
{
    type(find<QWidget>("field:rate"), "3e-12");
    QCOMPARE(m_form->values()["rate"].get<double>(), 3e-12);
    type(find<QWidget>("field:threshold"), "0.3");
    QTest::keyClick(find<QWidget>("field:threshold"), Qt::Key_Down);
    QCOMPARE(m_form->values()["threshold"].get<double>(), 0.25); // a clean step, no 0.24999999999999997
}

void GuiSchemaForm::commaIsAPoint()
{
    type(find<QWidget>("field:threshold"), "0,75");
    QCOMPARE(m_form->values()["threshold"].get<double>(), 0.75);
}

void GuiSchemaForm::editsLists()
{
    auto* eps = find<QLineEdit>("field:eps");
    type(eps, "0.25;  .5 4");
    COMPARE_JSON(m_form->values()["eps"], Json({0.25, 0.5, 4}));
    QTest::keyClick(eps, Qt::Key_Return);
    QCOMPARE(eps->text(), QStringLiteral("0.25, 0.5, 4")); // tidied when left
    type(eps, "1, two");
    QCOMPARE(problem("eps"),
             QStringLiteral(
                 "Perturbation sizes ε contains \"two\"; each value must be a number between 0 and 10."));
    type(eps, "");
    QCOMPARE(problem("eps"), QStringLiteral("Perturbation sizes ε has 0 values; it needs at least 1."));
    type(eps, "11");
    QVERIFY(problem("eps").contains("contains 11"));
}

void GuiSchemaForm::choosesSegmentsWithArrows()
{
    QTest::mouseClick(find<QRadioButton>("field:norm:l2"), Qt::LeftButton);
    COMPARE_JSON(m_form->values()["norm"], Json("l2"));
    auto* pgd = find<QRadioButton>("field:attack:pgd");
    pgd->setFocus();
    QTest::keyClick(pgd, Qt::Key_Right);
    COMPARE_JSON(m_form->values()["attack"], Json("mi-fgsm"));
    m_form->undoStack()->undo();
    QVERIFY(pgd->isChecked());
}

void GuiSchemaForm::choosesFromCombos()
{
    auto* view = find<QComboBox>("field:view_source");
    QCOMPARE(view->count(), 2);
    view->setFocus();
    QTest::keyClick(view, Qt::Key_Down);
    COMPARE_JSON(m_form->values()["view_source"], Json("mlp"));
    Json values = m_form->values();
    values["dataset"] = "/data/images"; // a path is a value too
    m_form->setValues(values);
    QCOMPARE(find<QComboBox>("field:dataset")->currentText(), QStringLiteral("/data/images"));
    COMPARE_JSON(m_form->values()["dataset"], Json("/data/images"));
}

void GuiSchemaForm::unavailableCannotBeChosen()
{
    const auto* combo = find<QComboBox>("field:dataset");
    const QModelIndex cifar = combo->model()->index(1, 0);
    QVERIFY(!(cifar.flags() & Qt::ItemIsEnabled));
    QCOMPARE(cifar.data(Qt::ToolTipRole).toString(),
             QStringLiteral("The files of CIFAR-10 are not on this machine."));
}

void GuiSchemaForm::fieldsOfferWhatFits()
{
    FormChoices c = choices();
    c.models.append({"finder", "Finder", "finds objects", {}, {}, "detection"});
    c.datasets.append({"scenes", "Scenes", "200 test images", {}, {}, "boxes"});
    Schema schema;
    for (const auto& [name, wants, type] : {std::tuple{"classifier", "", FieldType::Model},
                                            {"detector", "detection", FieldType::Model},
                                            {"either", "any", FieldType::Model},
                                            {"boxed", "boxes", FieldType::Dataset},
                                            {"set", "", FieldType::Dataset}}) {
        Field f = field(name, name, type, "/some/path");
        f.wants = wants;
        schema.fields.push_back(f);
    }
    m_form->setSchema(schema, c);
    const auto offered = [&](const char* name, const char* value) {
        return find<QComboBox>(QString("field:") + name)->findData(value) >= 0;
    };
    QVERIFY(offered("classifier", "cnn") && !offered("classifier", "finder"));
    QVERIFY(!offered("detector", "cnn") && offered("detector", "finder"));
    QVERIFY(offered("either", "cnn") && offered("either", "finder"));
    QVERIFY(!offered("boxed", "fashion-mnist") && offered("boxed", "scenes"));
    QVERIFY(offered("set", "fashion-mnist") && offered("set", "scenes"));
    QVERIFY(m_form->isValid()); // of a path the engine knows more

    m_form->setValues({{"classifier", "finder"}, {"detector", "cnn"}, {"boxed", "fashion-mnist"}});
    QVERIFY(!m_form->isValid());
    QCOMPARE(problem("classifier"), QString("“Finder” finds objects; choose a model that names classes."));
    QCOMPARE(problem("detector"),
             QString("“Reference CNN” names classes; choose a model that finds objects."));
    QCOMPARE(problem("boxed"),
             QString("The images of “Fashion-MNIST” have no boxes; choose a data set with boxes."));
    QCOMPARE(problem("either"), QString());
}

void GuiSchemaForm::checksSeveralInOrder()
{
    auto* view = find<QListView>("field:sources");
    view->setFocus();
    view->setCurrentIndex(view->model()->index(6, 0));
    QTest::keyClick(view, Qt::Key_Space);
    TRY_COMPARE_JSON(m_form->values()["sources"], Json({"cnn", "mlp", "convmixer"}));
    QTest::keyClick(view, Qt::Key_Up, Qt::AltModifier);
    QTest::keyClick(view, Qt::Key_Up, Qt::AltModifier);
    TRY_COMPARE_JSON(m_form->values()["sources"], Json({"cnn", "convmixer", "mlp"}));
    QTest::mouseClick(find<QPushButton>("none:sources"), Qt::LeftButton);
    QTRY_COMPARE(problem("sources"), QStringLiteral("Choose a model."));
    m_form->undoStack()->undo();
    TRY_COMPARE_JSON(m_form->values()["sources"], Json({"cnn", "convmixer", "mlp"}));
    m_form->undoStack()->undo(); // the order as well
    TRY_COMPARE_JSON(m_form->values()["sources"], Json({"cnn", "mlp", "convmixer"}));
    Json values = m_form->values();
    values["sources"] = {"resnet", "cnn", "nets/own.pt"};
    m_form->setValues(values);
    COMPARE_JSON(m_form->values()["sources"], Json({"resnet", "cnn", "nets/own.pt"}));
}

void GuiSchemaForm::filtersTheCheckList()
{
    QTest::keyClicks(find<QLineEdit>("filter:sources"), "cnn,");
    QTest::mouseClick(find<QPushButton>("all:sources"), Qt::LeftButton);
    TRY_COMPARE_JSON(m_form->values()["sources"],
                     Json({"cnn", "cnn-other-seed", "cnn-other-order", "cnn-early",
                           "mlp"})); // those shown, and those before
    QCOMPARE(find<QLabel>("count:sources")->text(), QStringLiteral("5 of 7"));
    QTest::qWait(0);
    QCOMPARE(m_form->undoStack()->count(), 1); // one click, one step
}

void GuiSchemaForm::leavesOptionalToTheStudy()
{
    find<QToolButton>("advanced")->click();
    auto* automatic = find<QCheckBox>("automatic:step_size");
    QVERIFY(automatic->isChecked());
    QVERIFY(!find<QWidget>("field:step_size")->isEnabled());
    automatic->click();
    type(find<QWidget>("field:step_size"), "0.2");
    COMPARE_JSON(m_form->values()["step_size"], Json(0.2));
    automatic->click();
    QVERIFY(m_form->values()["step_size"].is_null());
}

void GuiSchemaForm::foldsAdvanced()
{
    auto* advanced = find<QToolButton>("advanced");
    QCOMPARE(advanced->text(), QStringLiteral("Advanced (3)"));
    QVERIFY(!find<QWidget>("field:keep")->isVisible());
    QTest::mouseClick(advanced, Qt::LeftButton);
    QVERIFY(find<QWidget>("field:keep")->isVisible());
    find<QCheckBox>("field:keep")->click();
    COMPARE_JSON(m_form->values()["keep"], Json(true));
    advanced->click();
    Json values = m_form->values();
    values["step_size"] = -1;
    m_form->setValues(values);
    QVERIFY(find<QWidget>("field:keep")->isVisible()); // a problem unfolds it
}

void GuiSchemaForm::offersWhatTheOtherFieldHolds()
{
    auto* slider = find<QSlider>("field:view_eps");
    QCOMPARE(slider->maximum(), 2);
    QCOMPARE(slider->value(), 1);
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_Right);
    COMPARE_JSON(m_form->values()["view_eps"], Json(2));
    QCOMPARE(find<QLabel>("value:view_eps")->text(), QStringLiteral("2"));
    type(find<QWidget>("field:eps"), "0.1, 0.2, 0.4, 1.9");
    QCOMPARE(slider->maximum(), 3);
    COMPARE_JSON(m_form->values()["view_eps"], Json(1.9)); // the nearest
    m_form->undoStack()->undo();
    COMPARE_JSON(m_form->values()["eps"], Json({0.5, 1, 2}));
    COMPARE_JSON(m_form->values()["view_eps"], Json(2)); // goes back with it
    QCOMPARE(slider->maximum(), 2);
}

void GuiSchemaForm::objectsShowThePartsOfTheOtherField()
{
    Field momentum = field("momentum", "Momentum decay", FieldType::Real, 1.0);
    momentum.low = 0;
    momentum.high = 10;
    momentum.help = "How much is kept.";
    const Field start = field("random_start", "Random start", FieldType::Bool, true);
    Schema schema = fullSchema();
    Field object = field("attack_params", "Parameters", FieldType::Object, Json::object());
    object.parts = {{"fgsm", "FGSM", {}}, {"pgd", "PGD", {start}}, {"mi-fgsm", "MI-FGSM", {momentum}}};
    object.partsFrom = {"attack"};
    schema.fields.push_back(object);
    m_form->setSchema(schema, choices());

    // Only what is shown is made: the attack is PGD.
    QVERIFY(find<QCheckBox>("field:attack_params.pgd.random_start")->isVisibleTo(m_form.get()));
    QVERIFY(!find<QWidget>("field:attack_params.mi-fgsm.momentum"));
    QTest::mouseClick(find<QRadioButton>("field:attack:mi-fgsm"), Qt::LeftButton);
    QVERIFY(!find<QCheckBox>("field:attack_params.pgd.random_start")->isVisibleTo(m_form.get()));
    auto* box = find<QDoubleSpinBox>("field:attack_params.mi-fgsm.momentum");
    QVERIFY(box->isVisibleTo(m_form.get()));
    QCOMPARE(box->text(), QStringLiteral("1"));
    QVERIFY(box->parentWidget()->toolTip().contains("How much is kept."));

    // The value holds what differs from the defaults, and goes and comes with undo.
    COMPARE_JSON(m_form->values()["attack_params"], Json::object());
    type(box, "0.5");
    COMPARE_JSON(m_form->values()["attack_params"], Json({{"mi-fgsm", {{"momentum", 0.5}}}}));
    m_form->undoStack()->undo();
    COMPARE_JSON(m_form->values()["attack_params"], Json::object());
    QCOMPARE(box->text(), QStringLiteral("1"));
    m_form->undoStack()->redo();
    QTest::mouseClick(find<QRadioButton>("field:attack:fgsm"), Qt::LeftButton);
    QVERIFY(!box->isVisibleTo(m_form.get()));
    COMPARE_JSON(m_form->values()["attack_params"], Json({{"mi-fgsm", {{"momentum", 0.5}}}}));
    QTest::mouseClick(find<QRadioButton>("field:attack:mi-fgsm"), Qt::LeftButton);
    QCOMPARE(box->text(), QStringLiteral("0.5"));

    type(box, "50");
    QVERIFY(!m_form->isValid());
    QCOMPARE(problem("attack_params"),
             QStringLiteral("Parameters sets 'momentum' of 'mi-fgsm', which is 50.0; it must be a number "
                            "between 0 and 10."));
    QVERIFY(box->property("problem").toBool());
    QTest::mouseClick(find<QToolButton>("reset:attack_params.mi-fgsm.momentum"), Qt::LeftButton);
    QVERIFY(m_form->isValid());
    COMPARE_JSON(m_form->values()["attack_params"], Json::object());
}

void GuiSchemaForm::textOffersItsDefaultFirst()
{
    Schema schema;
    schema.fields = {field("layer", "Layer", FieldType::Text, "temperature"),
                     field("class", "Class", FieldType::Text, "")};
    m_form->setSchema(schema, choices());
    const auto offered = [&](const char* name) {
        QStringList texts;
        const QAbstractItemModel* model = find<QLineEdit>(name)->completer()->model();
        for (int row = 0; row < model->rowCount(); ++row)
            texts << model->index(row, 0).data().toString();
        return texts;
    };
    m_form->setOffered("layer", {"conv1", "temperature", "logits"});
    m_form->setOffered("class", {"a", "b"});
    QCOMPARE(offered("field:layer"), QStringList({"temperature", "conv1", "logits"}));
    QCOMPARE(offered("field:class"), QStringList({"a", "b"}));
    m_form->setOffered("layer", {"block1", "logits"}); // of another model
    QCOMPARE(offered("field:layer"), QStringList({"temperature", "block1", "logits"}));
    // What is offered once more leaves an open list alone.
    QSignalSpy reset(find<QLineEdit>("field:layer")->completer()->model(), &QAbstractItemModel::modelReset);
    m_form->setOffered("layer", {"block1", "logits"});
    QCOMPARE(reset.count(), 0);
}

void GuiSchemaForm::offeringFollowsTheTheme()
{
    m_form->setOffered("note", {"a"});
    const auto ink = [&] {
        const auto* open = find<QAction>("offered:note");
        const QImage icon = open->icon().pixmap(32, 32).toImage();
        QColor darkest;
        for (int y = 0; y < icon.height(); ++y)
            for (int x = 0; x < icon.width(); ++x)
                if (icon.pixelColor(x, y).alpha() > darkest.alpha() || !darkest.isValid())
                    darkest = icon.pixelColor(x, y);
        return darkest;
    };
    for (const Theme& theme : {Theme::dark(), Theme::light()}) {
        const QColor before = ink();
        theme.apply();
        const QColor expected = qApp->palette().color(QPalette::PlaceholderText);
        QVERIFY(expected.rgb() != before.rgb());
        QTRY_COMPARE(ink().rgb(), expected.rgb());
    }
}

void GuiSchemaForm::resets()
{
    auto* reset = find<QToolButton>("reset:steps");
    QVERIFY(!reset->isVisible());
    type(find<QWidget>("field:steps"), "7");
    QVERIFY(reset->isVisible());
    QCOMPARE(reset->toolTip(), QStringLiteral("Back to 40"));
    QTest::mouseClick(reset, Qt::LeftButton);
    COMPARE_JSON(m_form->values()["steps"], Json(40));
    QVERIFY(!reset->isVisible());
    m_form->undoStack()->undo();
    COMPARE_JSON(m_form->values()["steps"], Json(7));
}

void GuiSchemaForm::undoMergesOneVisit()
{
    auto* stack = m_form->undoStack();
    type(find<QWidget>("field:steps"), "123");
    QCOMPARE(stack->count(), 1);
    QCOMPARE(stack->undoText(), QStringLiteral("Change Steps"));
    type(find<QWidget>("field:rate"), "0.5");
    QCOMPARE(stack->count(), 2);
    type(find<QWidget>("field:steps"), "124"); // another visit
    QCOMPARE(stack->count(), 3);
    stack->undo();
    COMPARE_JSON(m_form->values()["steps"], Json(123));
    QCOMPARE(find<QDoubleSpinBox>("field:steps")->text(), QStringLiteral("123"));
    stack->undo();
    stack->undo();
    COMPARE_JSON(m_form->values(), defaults(fullSchema()));
    stack->redo();
    COMPARE_JSON(m_form->values()["steps"], Json(123));
}

void GuiSchemaForm::undoReturningToStartVanishes()
{
    auto* steps = find<QDoubleSpinBox>("field:steps");
    steps->setFocus();
    QTest::keyClick(steps, Qt::Key_Up);
    QCOMPARE(m_form->undoStack()->count(), 1);
    QTest::keyClick(steps, Qt::Key_Down);
    QCOMPARE(m_form->undoStack()->count(), 0);
    QVERIFY(m_form->undoStack()->isClean());
}

void GuiSchemaForm::setValuesIsNoEdit()
{
    QSignalSpy edited(m_form.get(), &SchemaForm::edited);
    m_form->setValues({{"steps", 9}, {"sources", {"mlp"}}, {"nonsense", 1}});
    QTest::qWait(10);
    QCOMPARE(edited.count(), 0);
    QCOMPARE(m_form->undoStack()->count(), 0);
    COMPARE_JSON(m_form->values()["steps"], Json(9));
    COMPARE_JSON(m_form->values()["view_source"], Json("mlp")); // follows what there is
    QVERIFY(!m_form->values().contains("nonsense"));
}

void GuiSchemaForm::tellsLiveEdits()
{
    QSignalSpy edited(m_form.get(), &SchemaForm::edited);
    find<QSlider>("slider:threshold")->setValue(20);
    QCOMPARE(edited.count(), 1);
    QCOMPARE(edited.back().at(0).toBool(), true);
    QCOMPARE(m_form->values()["threshold"].get<double>(), 0.1);
    find<QSlider>("slider:threshold")->setValue(200);
    QCOMPARE(m_form->values()["threshold"].get<double>(), 1.0);
}

void GuiSchemaForm::liveBarHoldsLiveFields()
{
    m_form->setSchema(fullSchema(), choices(), SchemaForm::Fields::Live);
    QVERIFY(find<QWidget>("field:view_eps"));
    QVERIFY(find<QWidget>("field:threshold"));
    QVERIFY(!find<QWidget>("field:steps"));
    Json values = defaults(fullSchema());
    values["steps"] = 77;
    m_form->setValues(values);
    COMPARE_JSON(m_form->values()["steps"], Json(77)); // kept though not shown
    m_form->resize(1200, 50);
    const int flat = m_form->heightForWidth(1200);
    QVERIFY2(m_form->heightForWidth(320) > flat * 3 / 2, qPrintable(QString::number(flat))); // wraps
}

void GuiSchemaForm::wheelDoesNotChangeWhatIsScrolledPast()
{
    auto* steps = find<QDoubleSpinBox>("field:steps");
    find<QWidget>("field:rate")->setFocus();
    const QPointF at(steps->rect().center());
    QWheelEvent wheel(at, steps->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(steps, &wheel);
    COMPARE_JSON(m_form->values()["steps"], Json(40));
}

void GuiSchemaForm::keyboardReachesEverything()
{
    find<QToolButton>("advanced")->click();
    QSet<QString> reached;
    QWidget* first = find<QWidget>("filter:sources");
    first->setFocus();
    for (int i = 0; i < 60; ++i) {
        if (QWidget* widget = QApplication::focusWidget())
            reached.insert(widget->objectName());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    }
    for (const char* name :
         {"field:sources", "field:dataset", "field:attack:pgd", "field:norm:linf", "field:eps", "field:steps",
          "field:rate", "field:view_eps", "field:threshold", "field:view_source", "advanced",
          "automatic:step_size", "field:keep", "field:note"})
        QVERIFY2(reached.contains(name), name);
    for (const QWidget* widget : m_form->findChildren<QWidget*>(QRegularExpression("^field:[a-z_]+$")))
        QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(widget->objectName()));
}

void GuiSchemaForm::survivesASchemaChangeWithFocus()
{
    type(find<QWidget>("field:note"), "abc");
    type(find<QWidget>("field:eps"), "1, ");
    m_form->setSchema(fullSchema(), choices());
    COMPARE_JSON(m_form->values(), defaults(fullSchema()));
    type(find<QWidget>("field:eps"), "1, ");
    m_form.reset();
}

void GuiSchemaForm::screenshots()
{
    const QString folder = QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/");
    QVERIFY(QDir().mkpath(folder));
    for (const Theme& theme : {Theme::light(), Theme::dark()}) {
        theme.apply();
        QWidget page;
        page.setProperty("kind", "panel");
        page.setAttribute(Qt::WA_StyledBackground);
        auto* layout = new QVBoxLayout(&page);
        layout->setContentsMargins(16, 16, 16, 16);
        SchemaForm form;
        form.setSchema(fullSchema(), choices());
        form.setValues({{"steps", 5000}, {"threshold", 0.3}, {"eps", {0.5, 1, "two"}}});
        form.findChild<QToolButton*>("advanced")->setChecked(true);
        layout->addWidget(&form);
        layout->addStretch(1);
        page.resize(400, 1000);
        page.show();
        QVERIFY(QTest::qWaitForWindowExposed(&page));
        const QString kind = theme.isDark() ? "dark" : "light";
        QVERIFY(page.grab().save(folder + "form-" + kind + ".png"));

        QWidget strip;
        strip.setProperty("kind", "panel");
        strip.setAttribute(Qt::WA_StyledBackground);
        auto* row = new QVBoxLayout(&strip);
        SchemaForm bar;
        bar.setSchema(fullSchema(), choices(), SchemaForm::Fields::Live);
        row->addWidget(&bar);
        strip.resize(900, 60);
        strip.show();
        QVERIFY(QTest::qWaitForWindowExposed(&strip));
        QVERIFY(strip.grab().save(folder + "live-bar-" + kind + ".png"));
    }
}

/// 20 / 255 is shown rounded, and stays what it is until something else is typed.
void GuiSchemaForm::longNumbersAreShownRoundedAndKept()
{
    NumberBox box(NumberBox::Kind::Real);
    box.setValue(20.0 / 255);
    QCOMPARE(box.text(), QStringLiteral("0.0784314"));
    box.interpretText();
    QCOMPARE(box.value(), 20.0 / 255);
    box.setValue(0.12345678);
    QCOMPARE(box.text(), QStringLiteral("0.12345678"));
    box.selectAll();
    QTest::keyClicks(&box, "0.0784314");
    box.interpretText();
    QCOMPARE(box.value(), 0.0784314);
}

QTEST_MAIN(GuiSchemaForm)
#include "gui_schema_form.moc"
