#pragma once

#include <QTest>
#if defined(QT_WIDGETS_LIB)
#include <QApplication>
#else
#include <QCoreApplication>
#endif

// Part of the precompiled header of every test program. The tests of a folder are one program: Qt Test's
// macros that end a test file enter its class in the program's list instead of defining main(), which is in
// test_main.cpp.

namespace assay::test {

using RunTest = int (*)(int argc, char** argv);

/// A test of the program, known by the name of the file that it stands in, without folder and suffix.
struct TestEntry
{
    TestEntry(const char* file, RunTest run);
};

/// Stands where a test needs no application object.
struct NoApplication
{
    NoApplication(int&, char**) {}
};

/// What Qt's own macros do in main().
template <class Test, class Application>
int runTest(int argc, char** argv)
{
    if constexpr (requires { Test::initMain(); })
        Test::initMain();
    [[maybe_unused]] const Application application(argc, argv);
    if constexpr (requires { Application::setAttribute(Qt::AA_Use96Dpi, true); })
        Application::setAttribute(Qt::AA_Use96Dpi, true);
    Test test;
    return QTest::qExec(&test, argc, argv);
}

} // namespace assay::test

#define ASSAY_TEST_ENTRY(Test, Application)                                                                  \
    static const ::assay::test::TestEntry kEntryOf##Test(__FILE__,                                           \
                                                         &::assay::test::runTest<Test, Application>);

#undef QTEST_APPLESS_MAIN
#undef QTEST_GUILESS_MAIN
#undef QTEST_MAIN
#define QTEST_APPLESS_MAIN(Test) ASSAY_TEST_ENTRY(Test, ::assay::test::NoApplication)
#define QTEST_GUILESS_MAIN(Test) ASSAY_TEST_ENTRY(Test, QCoreApplication)
#if defined(QT_WIDGETS_LIB)
#define QTEST_MAIN(Test) ASSAY_TEST_ENTRY(Test, QApplication)
#else
#define QTEST_MAIN(Test) ASSAY_TEST_ENTRY(Test, QCoreApplication)
#endif
