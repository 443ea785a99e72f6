from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rota', '0007_load_questions'),
    ]

    operations = [
        migrations.AddField(
            model_name='schedule',
            name='beside_duties',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
