#include "app/cli/commands.h"

int main(int argc, char** argv)
{
    return assay::cli::runProgram({argv + 1, argv + argc});
}
